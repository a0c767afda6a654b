"""How large a run may be: what is stored must be read again, and reports over it must end.

Reports take time by the number of their figures (models × conditions × metrics), and memory by that of frames as well.
"""

from __future__ import annotations

from collections.abc import Collection

from robustbench_cells.errors import ResultsError

MAX_RECORDS = 10_000_000
MAX_SEGMENTERS, MAX_METRICS, MAX_FRAMES, MAX_NAME = 200, 100, 100_000, 300  # as in the schema of run.json
MAX_FIGURES = 100_000  # reports over these take some minutes
_REMEDY = "run fewer models, conditions or frames at a time"


def require_size(segmenters: Collection[str], *, conditions: int, metrics: int, frames: int) -> None:
    """Refuse a run that is too large for tables and reports, before it is computed or read.

    Parameters
    ----------
    segmenters
        Names of the models and baselines.
    conditions, metrics, frames
        Number of each.

    Raises
    ------
    ResultsError
        If it has too many models, metrics, frames or figures, too long a name of a model, or would have too many
        records if each frame had one patch.
    """
    models = len(segmenters)
    for count, limit, what in (
        (models, MAX_SEGMENTERS, "models"),
        (metrics, MAX_METRICS, "metrics"),
        (frames, MAX_FRAMES, "frames"),
    ):
        if count > limit:
            raise ResultsError(f"{count} {what} in one run are more than the {limit} allowed; {_REMEDY}")
    if long := [name for name in segmenters if len(name) > MAX_NAME]:
        raise ResultsError(f"{long[0][:50]!r}…: a name of {len(long[0])} characters; {MAX_NAME} are allowed")
    if (figures := models * conditions * metrics) > MAX_FIGURES:
        raise ResultsError(
            f"{models} models under {conditions} conditions with {metrics} metrics are {figures} figures, and reports "
            f"allow {MAX_FIGURES}; {_REMEDY}"
        )
    if (records := models * conditions * frames) > MAX_RECORDS:
        raise ResultsError(
            f"{models} models under {conditions} conditions on {frames} frames are {records} records or more, and "
            f"{MAX_RECORDS} can be stored; {_REMEDY}"
        )
