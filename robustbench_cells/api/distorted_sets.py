"""Data sets of distorted frames, as files: one for each artefact and intensity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from robustbench_cells.datasets.paired_writer import file_names, write_pair
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.batches import iter_patches, make_batches
from robustbench_cells.engine.checks import require_room
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.grid import find_profile, make_conditions, resolve_grid
from robustbench_cells.engine.measured import require_computed
from robustbench_cells.errors import DataError, GridError
from robustbench_cells.files.atomic import new_folder
from robustbench_cells.types import Image, Labels, Patch, Sample


@dataclass(frozen=True)
class DistortedSet:
    """A data set that was written.

    Attributes
    ----------
    folder
        Its folder, with ``input`` and ``output``.
    images
        Number of images.
    ignored
        Whether masks have pixels that no score counts.
    """

    folder: Path
    images: int
    ignored: bool


def write_distorted_sets(
    selection: Selection,
    artefacts: Mapping[str, Sequence[float] | None],
    out: Path,
    *,
    profile: str = "default",
    seed: int = 0,
    patches: bool = False,
    on_image: Callable[[str], None] = lambda condition: None,
) -> Iterator[DistortedSet]:
    """Write a data set for each condition; each appears once it is whole.

    Whole frames are distorted with the random numbers of their first patch. Patches are those that a run scores under
    the condition, with its random numbers, so their clean scores are the scores of the condition, up to rounding.

    Parameters
    ----------
    selection
        Frames to distort.
    artefacts
        Intensities of each artefact, None for those of the profile.
    out
        Folder for the data sets, each in a folder with the name of its condition.
    profile
        Profile, for the usual intensities and the most patches per frame.
    seed
        Seed of patches and artefacts.
    patches
        Whether to write the patches of a run instead of whole frames.
    on_image
        Called with the name of the condition after each image.

    Raises
    ------
    RobustbenchError
        If an artefact or intensity is not usable, a folder exists already, or a mask file cannot hold the labels.
    """
    if not artefacts:
        raise GridError("no artefact is given; name one, as in defocus=2,4")
    for name in artefacts:
        require_computed(name)
    conditions = make_conditions(profile, resolve_grid(profile, artefacts))[1:]
    for condition in conditions:
        if (out / condition.name).exists() or (out / condition.name).is_symlink():
            raise DataError(f"{out / condition.name}: exists already; remove it, or give another folder")
    if patches:
        require_room(selection, conditions)
    most = find_profile(profile).most_patches
    names = file_names(selection.frames)
    for condition in conditions:
        distorted = _patches(selection, condition, seed, most) if patches else _frames(selection, condition, seed)
        images, ignored = 0, False
        with new_folder(out / condition.name) as folder:
            for view, image, labels in distorted:
                name = f"{names[view.frame]}-{view.index}" if patches else names[view.frame]
                try:
                    write_pair(folder, name, image, labels)
                except DataError as error:
                    raise DataError(f"{condition.name}: {error}") from error
                images, ignored = images + 1, ignored or bool((labels < 0).any())
                on_image(condition.name)
        yield DistortedSet(out / condition.name, images, ignored)


def _patches(selection: Selection, condition: Condition, seed: int, most: int) -> Iterator[tuple[Patch, Image, Labels]]:
    for batch in make_batches(iter_patches(selection, condition, seed, most), condition, seed):
        if batch.problems:
            raise GridError(f"{condition.name}: {batch.problems[0]}")
        yield from zip(batch.views, batch.images, batch.labels, strict=True)


def _frames(selection: Selection, condition: Condition, seed: int) -> Iterator[tuple[Patch, Image, Labels]]:
    for frame in selection.frames:
        view = _whole(selection.read(frame))
        try:
            yield view, *condition.distort(view, seed)
        except ValueError as error:
            raise GridError(f"{condition.name}, frame {frame}: {error}") from error


def _whole(sample: Sample) -> Patch:
    return Patch(sample.dataset, sample.frame, 0, sample.image, sample.labels)
