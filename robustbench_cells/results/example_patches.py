"""Example patches of a report: which ones, chosen by rule, and their file.

``pictures.npz`` stands next to the results that it belongs to. It holds images and predictions, so a report can be
written again without the data set or a model.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.archives import check_archive
from robustbench_cells.files.atomic import atomic_path, back_up
from robustbench_cells.files.npz import read_array
from robustbench_cells.printable import printable
from robustbench_cells.results.curves import BREAK_RATIO
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, PATCH_SIDE, REFERENCE, Labels, Masks

EXAMPLES_FILE = "pictures.npz"
_MAX_BYTES = 2**30  # unpacked
_MAX_FILES = 1000
_MAX_INDEX = 2**24  # bytes
_MAX_INTENSITIES = 9  # per artefact: a page of them stays under 10 MB
_WORST_PATCHES = 2  # per artefact and segmenter


@dataclass(frozen=True)
class ExampleView:
    """A patch under a condition.

    Attributes
    ----------
    artefact, intensity
        Condition.
    frame, patch
        Name of the frame, and index of the patch in it.
    failure_of
        Name of the segmenter that fails on it; empty for the patch that is shown at every intensity.
    """

    artefact: str
    intensity: float
    frame: str
    patch: int
    failure_of: str = ""


@dataclass(frozen=True, eq=False)
class ExamplePatches:
    """Images, labels and predictions of the example patches.

    Attributes
    ----------
    views
        Patch and condition of each example, (N).
    images
        Grey levels, uint8, (N, 256, 256).
    truth
        Labelled pixels, bool, (N, 256, 256).
    masks
        Predicted pixels of each segmenter, bool, (N, 256, 256).
    milliseconds
        Time per patch of each segmenter, in each of several batches.
    true_labels
        Ids of the labelled cells, int32, (N, 256, 256); None in files of earlier versions.
    labels
        Ids of the predicted cells, int32, (N, 256, 256), of each segmenter that gives labels, and of all where
        pixels or cells are left out of the scores of cells. Those of the others are made of the masks, by the rule that
        the manifest of the run names.
    """

    views: Sequence[ExampleView]
    images: npt.NDArray[np.uint8]
    truth: Masks
    masks: Mapping[str, Masks]
    milliseconds: Mapping[str, Sequence[float]]
    true_labels: Labels | None = None
    labels: Mapping[str, Labels] = field(default_factory=dict)


def choose_examples(results: Results) -> list[ExampleView]:
    """Choose the views that a report of these results shows.

    One patch at every intensity, nine per artefact at most: of those that the most artefacts take, the patch with the
    median number of labelled cells, so that it stays the same when models change. For each segmenter and artefact, the
    two patches with the lowest Jaccard under the conditions whose mean is at least 90 % of its own clean one, which
    other models do not change; none if there is no such condition.
    """
    results = results.on_grid
    records = results.records[results.records["segmenter"] != REFERENCE]
    return [*_median_views(records), *_worst_views(results, records)]


def _median_views(records: pd.DataFrame) -> list[ExampleView]:
    clean = records[records["artefact"] == CLEAN]
    rows = clean if len(clean) else records
    cells = rows["cells_true"] if "cells_true" in rows else rows["jaccard"] * 0  # a metric that stored runs may lack
    ranked = cells.groupby([rows["frame"], rows["patch"]]).mean().dropna()
    if ranked.empty:
        return []
    artefacts = records.groupby(["frame", "patch"])["artefact"].nunique().reindex(ranked.index)
    ranked = ranked[artefacts == artefacts.max()]  # a patch that some artefacts do not take would leave these out
    frame, patch = ranked.sort_values(kind="stable").index[(len(ranked) - 1) // 2]
    shown = records[(records["frame"] == frame) & (records["patch"] == patch)]
    conditions = shown[["artefact", "intensity"]].drop_duplicates().sort_values(["artefact", "intensity"])
    parts = [part.iloc[_spread(len(part))] for _, part in conditions.groupby("artefact")]
    return _views(pd.concat(parts).assign(frame=frame, patch=patch))


def _spread(count: int) -> list[int]:
    """Evenly spaced positions, `_MAX_INTENSITIES` at most, the first and the last included."""
    return np.unique(np.linspace(0, count - 1, min(count, _MAX_INTENSITIES)).round().astype(int)).tolist()


def _worst_views(results: Results, records: pd.DataFrame) -> list[ExampleView]:
    views = []
    for name, rows in records.groupby("segmenter"):
        clean = rows.loc[rows["artefact"] == CLEAN, "jaccard"].mean()
        for artefact in results.single_artefacts:
            part = rows[rows["artefact"] == artefact].dropna(subset="jaccard")
            trusted = part[part.groupby("intensity")["jaccard"].transform("mean") >= BREAK_RATIO * clean]
            worst = trusted.sort_values(["jaccard", "intensity", "frame", "patch"]).drop_duplicates(["frame", "patch"])
            views += _views(worst.head(_WORST_PATCHES), str(name))
    return views


def _views(rows: pd.DataFrame, failure_of: str = "") -> list[ExampleView]:
    return [
        ExampleView(str(row["artefact"]), float(row["intensity"]), str(row["frame"]), int(row["patch"]), failure_of)
        for row in rows.to_dict("records")
    ]


def save_examples(examples: ExamplePatches, results: Results, folder: Path) -> None:
    """Write ``pictures.npz`` into the folder of the results that it belongs to, atomically; see `storage.save`."""
    index = {
        "of": results.fingerprint,
        "views": [_to_json(view) for view in examples.views],
        "segmenters": list(examples.masks),
        "milliseconds": examples.milliseconds,
        "labels": [number for number, name in enumerate(examples.masks) if name in examples.labels],
    }
    arrays = {
        "index": np.frombuffer(json.dumps(index).encode(), np.uint8),
        "images": examples.images,
        "truth": np.packbits(examples.truth, axis=-1),
        **{f"mask{number}": np.packbits(mask, axis=-1) for number, mask in enumerate(examples.masks.values())},
        **{
            f"labels{number}": examples.labels[name].astype(np.uint32)
            for number, name in enumerate(examples.masks)
            if name in examples.labels
        },
    }
    if examples.true_labels is not None:
        arrays["true_labels"] = examples.true_labels.astype(np.uint32)
    back_up(folder / EXAMPLES_FILE)
    with atomic_path(folder / EXAMPLES_FILE) as temporary:
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]  # no name is that of an option


def load_examples(results: Results, folder: Path) -> ExamplePatches | None:
    """Read what `save_examples` wrote; None if there is no file, or it belongs to other results.

    Raises
    ------
    ResultsError
        If the file is damaged.
    """
    path = folder / EXAMPLES_FILE
    if not path.exists():
        return None
    try:
        check_archive(path, max_bytes=_MAX_BYTES, max_files=_MAX_FILES)
        with zipfile.ZipFile(path) as archive:
            return _read(archive, results)
    except Exception as error:  # an untrusted archive may fail in any of four libraries
        raise ResultsError(f"{path}: is damaged ({error}); delete it, or run the benchmark again") from error


def _read(archive: zipfile.ZipFile, results: Results) -> ExamplePatches | None:
    def array(name: str, max_bytes: int = _MAX_BYTES) -> npt.NDArray[Any]:
        return read_array(name, archive, f"{name}.npy", "u", max_bytes)

    index: dict[str, Any] = json.loads(array("index", _MAX_INDEX).tobytes())
    if index["of"] != results.fingerprint:
        return None
    views = [_from_json(view) for view in index["views"]]
    _validate(views, results)
    shape = (len(views), PATCH_SIDE, PATCH_SIDE)
    with_labels = [int(number) for number in index.get("labels", ())]
    if len(views) * (len(index["segmenters"]) + 2 + 4 * (1 + len(with_labels))) * PATCH_SIDE**2 > _MAX_BYTES:
        raise ValueError(f"it unpacks to more than {_MAX_BYTES >> 20} MiB")
    names = [printable(str(name)) for name in index["segmenters"]]
    masks = {name: _unpack(array(f"mask{number}"), shape) for number, name in enumerate(names)}
    images = array("images")
    if images.shape != shape or images.dtype != np.uint8:
        raise ValueError(f"images are {images.dtype} {images.shape}, not uint8 {shape}")
    times = {printable(str(name)): [float(time) for time in times] for name, times in index["milliseconds"].items()}
    true_labels = _read_labels(array("true_labels"), shape) if "true_labels.npy" in archive.namelist() else None
    labels = {names[number]: _read_labels(array(f"labels{number}"), shape) for number in with_labels}
    return ExamplePatches(views, images, _unpack(array("truth"), shape), masks, times, true_labels, labels)


def _to_json(view: ExampleView) -> dict[str, Any]:
    """A view as the file has it, where `failure_of` is called ``worst_of``."""
    return {"worst_of" if name == "failure_of" else name: value for name, value in vars(view).items()}


def _from_json(entry: Mapping[str, Any]) -> ExampleView:
    return ExampleView(**{"failure_of" if name == "worst_of" else name: value for name, value in entry.items()})


def _validate(views: Sequence[ExampleView], results: Results) -> None:
    """Raise a `ValueError` if a view is not in these results, or no patch is shown at every intensity."""
    records, run = results.records, results.run
    most = (1 + len(run.artefacts)) * (_MAX_INTENSITIES + _WORST_PATCHES * len(run.segmenters))
    if len(views) > most:
        raise ValueError(f"it has {len(views)} views, more than the {most} that are chosen for these results")
    columns = [records[name] for name in ("artefact", "intensity", "frame", "patch")]
    patches = set(zip(*(column.tolist() for column in columns), strict=True))
    names = {"", *results.run.segmenters}
    for view in views:
        if (view.artefact, view.intensity, view.frame, view.patch) not in patches or view.failure_of not in names:
            raise ValueError(f"the results have no {view}")
    if not any(not view.failure_of for view in views):
        raise ValueError("no patch is shown at every intensity")


def _read_labels(stored: npt.NDArray[Any], shape: tuple[int, ...]) -> Labels:
    if stored.dtype != np.uint32 or stored.shape != shape or stored.max() > np.iinfo(np.int32).max:
        raise ValueError(f"labels are {stored.dtype} {stored.shape}, up to {stored.max(initial=0)}")
    return stored.astype(np.int32)


def _unpack(bits: npt.NDArray[np.uint8], shape: tuple[int, ...]) -> Masks:
    if bits.dtype != np.uint8 or bits.shape != (*shape[:-1], shape[-1] // 8):
        raise ValueError(f"masks are {bits.dtype} {bits.shape}")
    return np.unpackbits(bits, axis=-1).astype(bool)
