"""The patches that a report shows: which ones, by rule, and how they are kept.

``pictures.npz`` lies beside the results that it belongs to. It holds what was seen and what was predicted, so a report
can be written again without data set or model.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.archives import check_archive
from robustbench_cells.files.atomic import atomic_path, back_up
from robustbench_cells.files.npz import read_array
from robustbench_cells.results.curves import BREAK
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, PATCH_SIDE, REFERENCE, Masks

EXAMPLES_FILE = "pictures.npz"
_MAX_BYTES = 2**30  # unpacked
_MAX_FILES = 1000
_STEPS = 9  # intensities of an artefact at most: a page of them stays under 10 MB
_WORST = 2  # patches of each artefact and segmenter


@dataclass(frozen=True)
class ExampleView:
    """A patch under a condition.

    Attributes
    ----------
    artefact, intensity
        The condition.
    frame, patch
        Where.
    worst_of
        The segmenter that it is a failure of; empty for the patch that is shown through all intensities.
    """

    artefact: str
    intensity: float
    frame: str
    patch: int
    failure_of: str = ""


@dataclass(frozen=True, eq=False)
class ExamplePatches:
    """What was seen and what was predicted.

    Attributes
    ----------
    views
        (N).
    images
        uint8, (N, 256, 256), grey levels.
    truth
        bool, (N, 256, 256).
    masks
        Of each segmenter, bool, (N, 256, 256).
    milliseconds
        That each segmenter took for a patch, in each of several batches.
    """

    views: Sequence[ExampleView]
    images: npt.NDArray[np.uint8]
    truth: Masks
    masks: Mapping[str, Masks]
    milliseconds: Mapping[str, Sequence[float]]


def choose_examples(results: Results) -> list[ExampleView]:
    """The views that a report shows of these results.

    Through the intensities, nine of each artefact at most: the patch whose clean Jaccard, a mean over the segmenters,
    is the median one. Of each segmenter and artefact: the two patches with the lowest Jaccard among the conditions
    whose mean is 90 % of the clean one or more, so where it fails though it can be trusted as a rule; none, if there
    is no such condition.
    """
    records = results.records[results.records["segmenter"] != REFERENCE]
    return [*_median_views(records), *_worst_views(results, records)]


def _median_views(records: pd.DataFrame) -> list[ExampleView]:
    clean = records[records["artefact"] == CLEAN]
    ranked = (clean if len(clean) else records).groupby(["frame", "patch"])["jaccard"].mean().dropna()
    if ranked.empty:
        return []
    frame, patch = ranked.sort_values(kind="stable").index[(len(ranked) - 1) // 2]
    shown = records[(records["frame"] == frame) & (records["patch"] == patch)]
    conditions = shown[["artefact", "intensity"]].drop_duplicates().sort_values(["artefact", "intensity"])
    parts = [part.iloc[_spread(len(part))] for _, part in conditions.groupby("artefact")]
    return _views(pd.concat(parts).assign(frame=frame, patch=patch))


def _spread(count: int) -> list[int]:
    """At most so many places, evenly spread, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, _STEPS)).round().astype(int)).tolist()


def _worst_views(results: Results, records: pd.DataFrame) -> list[ExampleView]:
    found = []
    for name, rows in records.groupby("segmenter"):
        clean = rows.loc[rows["artefact"] == CLEAN, "jaccard"].mean()
        for artefact in results.single_artefacts:
            part = rows[rows["artefact"] == artefact].dropna(subset="jaccard")
            trusted = part[part.groupby("intensity")["jaccard"].transform("mean") >= BREAK * clean]
            worst = trusted.sort_values(["jaccard", "intensity", "frame", "patch"]).drop_duplicates(["frame", "patch"])
            found += _views(worst.head(_WORST), str(name))
    return found


def _views(rows: pd.DataFrame, failure_of: str = "") -> list[ExampleView]:
    return [
        ExampleView(str(row["artefact"]), float(row["intensity"]), str(row["frame"]), int(row["patch"]), failure_of)
        for row in rows.to_dict("records")
    ]


def save_examples(pictures: ExamplePatches, results: Results, folder: Path) -> None:
    """Write ``pictures.npz`` into the folder of the results that it belongs to, atomically; see `results.save`."""
    index = {
        "of": results.fingerprint,
        "views": [asdict(view) for view in pictures.views],
        "segmenters": list(pictures.masks),
        "milliseconds": pictures.milliseconds,
    }
    arrays = {
        "index": np.frombuffer(json.dumps(index).encode(), np.uint8),
        "images": pictures.images,
        "truth": np.packbits(pictures.truth, axis=-1),
        **{f"mask{number}": np.packbits(mask, axis=-1) for number, mask in enumerate(pictures.masks.values())},
    }
    back_up(folder / EXAMPLES_FILE)
    with atomic_path(folder / EXAMPLES_FILE) as temporary:
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]  # no name is that of an option


def load_examples(results: Results, folder: Path) -> ExamplePatches | None:
    """Read what `save_examples` wrote; None where there is none, or it belongs to other results.

    Raises
    ------
    ResultsError
        If the file is damaged.
    """
    path = folder / EXAMPLES_FILE
    if not path.is_file():
        return None
    try:
        check_archive(path, max_bytes=_MAX_BYTES, max_files=_MAX_FILES)
        with zipfile.ZipFile(path) as archive:

            def array(name: str) -> npt.NDArray[Any]:
                return read_array(name, archive, f"{name}.npy", "u", _MAX_BYTES)

            index: dict[str, Any] = json.loads(array("index").tobytes())
            if index["of"] != results.fingerprint:
                return None
            views = [ExampleView(**view) for view in index["views"]]
            _check(views, results)
            shape = (len(views), PATCH_SIDE, PATCH_SIDE)
            if len(views) * (len(index["segmenters"]) + 2) * PATCH_SIDE**2 > _MAX_BYTES:
                raise ValueError(f"it unpacks to more than {_MAX_BYTES >> 20} MiB")
            masks = {
                str(name): _unpacked(array(f"mask{number}"), shape) for number, name in enumerate(index["segmenters"])
            }
            images = array("images")
            if images.shape != shape or images.dtype != np.uint8:
                raise ValueError(f"images are {images.dtype} {images.shape}, not uint8 {shape}")
            times = {str(name): [float(time) for time in times] for name, times in index["milliseconds"].items()}
            return ExamplePatches(views, images, _unpacked(array("truth"), shape), masks, times)
    except Exception as error:  # a stranger's archive may fail in any of four libraries
        raise ResultsError(f"{path}: is damaged ({error}); delete it, or run the benchmark again") from error


def _check(views: Sequence[ExampleView], results: Results) -> None:
    """Raise a `ValueError` if a view is not of these results, or none goes through the intensities."""
    records = results.records
    columns = [records[name] for name in ("artefact", "intensity", "frame", "patch")]
    known = set(zip(*(column.tolist() for column in columns), strict=True))
    names = {"", *results.run.segmenters}
    for view in views:
        if (view.artefact, view.intensity, view.frame, view.patch) not in known or view.failure_of not in names:
            raise ValueError(f"the results have no {view}")
    if not any(not view.failure_of for view in views):
        raise ValueError("no view goes through the intensities")


def _unpacked(bits: npt.NDArray[np.uint8], shape: tuple[int, ...]) -> Masks:
    if bits.dtype != np.uint8 or bits.shape != (*shape[:-1], shape[-1] // 8):
        raise ValueError(f"masks are {bits.dtype} {bits.shape}")
    return np.unpackbits(bits, axis=-1).astype(bool)
