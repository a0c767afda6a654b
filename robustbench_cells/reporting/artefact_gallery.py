"""Every artefact at every intensity on one patch, as a self-contained page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.batches import iter_patches
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.grid import artefacts_of, find_profile
from robustbench_cells.engine.patches import can_hold
from robustbench_cells.engine.provenance import about
from robustbench_cells.reporting.data_uris import encode_photo
from robustbench_cells.reporting.page_context import PAGE_FOLDER
from robustbench_cells.results.units import Unit
from robustbench_cells.types import Patch


@dataclass(frozen=True)
class Tile:
    """The patch at one intensity.

    Attributes
    ----------
    caption
        Intensity with its unit.
    photo
        Data URI; empty where the frame is too small for the view.
    """

    caption: str
    photo: str


@dataclass(frozen=True)
class Strip:
    """An artefact.

    Attributes
    ----------
    name, family, parameter, unit
        See `Artefact`.
    about
        First sentence of its description.
    tiles
        The patch at each intensity, mildest first as the grid has them.
    """

    name: str
    family: str
    parameter: str
    unit: str
    about: str
    tiles: Sequence[Tile]


def artefact_gallery(
    selection: Selection,
    profile: str = "full",
    seed: int = 0,
    on_artefact: Callable[[str], None] = lambda name: None,
    pixel_size: float | None = None,
) -> str:
    """Render the page on the first frame: the patch of a run that has the most labelled cells.

    Parameters
    ----------
    selection
        Frames, of which the first is shown.
    profile
        Profile whose artefacts and intensities are shown.
    seed
        Seed of patches and artefacts; the images are those that a run scores with it.
    on_artefact
        Called with the name of each artefact that is rendered.
    pixel_size
        Side of a pixel of the frame in µm, if it is known.

    Raises
    ------
    DataError
        If the frame is too small for a patch.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    most, frame = find_profile(profile).most_patches, selection.frames[0]
    clean = max(_views(selection, Condition(), seed, most), key=lambda view: len(np.unique(view.labels)))
    strips = []
    for artefact in sorted(artefacts_of(profile), key=lambda one: one.family):
        on_artefact(artefact.name)
        unit = Unit(artefact.unit, pixel_size)
        tiles = [
            Tile(unit.amount(x), _photo_at(selection, Condition(artefact, x), seed, most, clean.index))
            for x in artefact.grid(profile)
        ]
        sentence, _, _ = about(artefact).partition(". ")
        strips.append(Strip(artefact.name, artefact.family, artefact.parameter, unit.label, sentence, tiles))
    environment = Environment(
        loader=FileSystemLoader(PAGE_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("gallery.html.j2").render(
        css=Markup((PAGE_FOLDER / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        title=selection.title.removeprefix("synthetic, "),
        synthetic="synthetic" in selection.key,
        frame=frame,
        patch=clean.index,
        seed=seed,
        clean=_photo(Condition(), clean, seed),
        families=[(family, list(members)) for family, members in groupby(strips, key=lambda strip: strip.family)],
    )


def _views(selection: Selection, condition: Condition, seed: int, most: int) -> list[Patch]:
    return list(iter_patches(selection, condition, seed, most, only=selection.frames[:1]))


def _photo_at(selection: Selection, condition: Condition, seed: int, most: int, index: int) -> str:
    """The patch of that index; empty where the frame has no room for it."""
    if not can_hold(selection.shapes[selection.frames[0]], condition.view_side()):
        return ""
    views = _views(selection, condition, seed, most)
    view = next((one for one in views if one.index == index), views[0] if views else None)
    return _photo(condition, view, seed) if view else ""


def _photo(condition: Condition, view: Patch, seed: int) -> str:
    return encode_photo(np.rint(condition.distort(view, seed)[0]).astype(np.uint8))
