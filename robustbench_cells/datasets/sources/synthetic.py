"""The embedded data set: procedural phase-contrast frames, drawn from a seed and from no file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, pi, sin

import cv2
import numpy as np
import numpy.typing as npt

from robustbench_cells.datasets.sources._base import SOURCES, DatasetSource
from robustbench_cells.errors import DataError
from robustbench_cells.randomness import generator
from robustbench_cells.types import Dataset, Image, Labels, Sample

_SHAPE = (576, 720)  # rows, columns; as the reference set
_FRAMES = {"train": 60, "validation": 12, "test": 8}
_FINE = 4  # cells are drawn this many times finer than pixels
_WINDOW = 96  # pixels; side of the square that one cell is drawn in
_ARM_POINTS = 7
_LABELLED = 0.28  # of a blurred body: annotators draw half a pixel around what is bright
_MAX_COVERED = 0.15  # share of a cell that may lie over cells that are there already

Points = npt.NDArray[np.float64]
Random = np.random.Generator


@SOURCES.register
class Synthetic(DatasetSource):
    """Frames that look like phase contrast of stem cells and are not: every report says 'synthetic'.

    Spindle-shaped cells with thin processes, in loose swarms; flat and faint ones; round, dividing ones; dark halos;
    debris and bubbles that are no cells; uneven background; camera noise. Tuned against the reference set's train split
    (`python -m robustbench_cells describe synthetic FOLDER --split train` prints the two side by side).
    """

    name = "synthetic"
    layout = "no file: the name 'synthetic' stands for it"
    splits = ", ".join(f"{split} ({count} frames)" for split, count in _FRAMES.items())

    def recognises(self, where: str) -> bool:
        """See `DatasetSource.recognises`."""
        return where == self.name

    def open(self, where: str, split: str | None, white_level: int | None) -> Dataset:
        """See `DatasetSource.open`."""
        split = split or "test"
        if split not in _FRAMES:
            raise DataError(f"synthetic: has no split {split!r}; there are: {', '.join(_FRAMES)}")
        names = tuple(f"{number:03d}" for number in range(_FRAMES[split]))
        return SyntheticFrames(f"synthetic/{split}", f"synthetic, split {split}", names)


@dataclass(frozen=True)
class SyntheticFrames:
    """A split of the synthetic data set (see `Dataset`)."""

    key: str
    title: str
    frames: tuple[str, ...]
    sequence: bool = False

    def read(self, frame: str) -> Sample:
        """Draw the frame of that name; the same pixels every time."""
        image, labels = draw_frame(generator("synthetic", 2, self.key, frame))
        return Sample(self.key, frame, image, labels)


@dataclass(frozen=True)
class Cell:
    """What one cell looks like.

    Attributes
    ----------
    place
        Row and column of its centre, in pixels.
    body
        Outline of what is bright, (n, 2) as row and column from the centre, in pixels; its label is a little larger.
    processes
        Thin arms that are not labelled: points from root to tip, (n, 2).
    brightness
        Grey levels above the background.
    dome
        From 0, as bright at the rim as in the middle, to 1, bright in the middle alone.
    """

    place: Points
    body: Points
    processes: tuple[Points, ...]
    brightness: float
    dome: float


def draw_frame(rng: Random) -> tuple[Image, Labels]:
    """One frame.

    Returns
    -------
    tuple
        Image, float32 (576, 720) with whole grey levels in [0, 255], and labels, int32 of that shape, touching
        cells one pixel apart.
    """
    light = np.zeros(_SHAPE, np.float32)
    labels = np.zeros(_SHAPE, np.int32)
    for number, cell in enumerate(_cells(rng), start=1):
        _draw_cell(cell, number, light, labels, rng)
    labels = _renumber(_apart(labels))
    _add_debris(light, rng)
    # The phase plate takes from the surroundings what it gives to a cell: a dark halo, and a narrow bright glow.
    light += 0.10 * cv2.GaussianBlur(light, (0, 0), 4) - 0.34 * cv2.GaussianBlur(light, (0, 0), 12)
    image = _background(rng) + light
    image = image + _camera_noise(rng)
    return np.clip(np.rint(image), 0, 255).astype(np.float32), labels


def _cells(rng: Random) -> Iterator[Cell]:
    """Swarms whose cells lie along one another, and some cells alone."""
    left = int(rng.integers(195, 375))
    while left > 0:
        size = min(left, int(rng.geometric(0.13)))
        left -= size
        centre, heading = rng.uniform((0, 0), _SHAPE), rng.uniform(0, pi)
        spread = 9 * size**0.6 * np.array([1.8, 0.6])
        along = np.array([[sin(heading), cos(heading)], [cos(heading), -sin(heading)]])
        for _ in range(size):
            place = centre + (rng.standard_normal(2) * spread) @ along
            yield _cell(np.clip(place, 3, np.array(_SHAPE) - 4), heading + rng.normal(0, 0.45), rng)


def _cell(place: Points, heading: float, rng: Random) -> Cell:
    kind = rng.choice(["spindle", "flat", "round"], p=[0.79, 0.17, 0.04])
    if kind == "round":
        radius = rng.uniform(3.8, 5.8)
        return Cell(place, _spindle((radius, radius), radius, 0, 0.5, heading), (), rng.uniform(90, 190), 0.3)
    axis = np.array([sin(heading), cos(heading)])
    if kind == "flat":
        angles = heading + np.array([0, 2.1, 4.2]) + rng.normal(0, 0.35, 3)
        reach = rng.uniform(7.5, 16.5, 3)
        tips = np.column_stack([np.sin(angles), np.cos(angles)]) * reach[:, None]
        arms = tuple(_process(tip * 0.7, tip / np.linalg.norm(tip), rng) for tip in tips)
        return Cell(place, _hollow_triangle(tips), arms, rng.uniform(36, 66), 0.2)
    half = rng.lognormal(np.log(13.9), 0.30, 2)  # the two ends differ
    width = float(np.clip(rng.lognormal(np.log(3.9), 0.17), 2.6, 5.9))
    body = _spindle(half, width, rng.normal(0, 0.010), rng.uniform(1.2, 2.4), heading)
    arms = tuple(
        _process(axis * sign * end * 0.6, axis * sign, rng)
        for sign, end in zip((1, -1), half, strict=True)
        if rng.random() < 0.8
    )
    return Cell(place, body, arms, float(np.clip(rng.lognormal(np.log(46), 0.52), 34, 170)), rng.uniform(0.45, 1.0))


def _spindle(half: Sequence[float] | Points, width: float, bend: float, point: float, heading: float) -> Points:
    """Outline of half-lengths ``half`` and half-width ``width``; the larger ``point``, the sharper its ends."""
    turn = np.linspace(-1, 1, 17)
    along = turn * np.where(turn < 0, half[1], half[0])
    across = width * (1 - turn**2) ** point
    curve = bend * along**2
    outline = np.concatenate([np.column_stack([curve + across, along]), np.column_stack([curve - across, along])[::-1]])
    return outline @ np.array([[cos(heading), -sin(heading)], [sin(heading), cos(heading)]])


def _hollow_triangle(tips: Points) -> Points:
    """Outline through three tips whose sides are drawn in towards the centre."""
    outline = []
    for tip, following in zip(tips, np.roll(tips, -1, axis=0), strict=True):
        outline += [tip, (tip + following) / 2 * 0.75]
    return np.array(outline)


def _process(root: Points, direction: Points, rng: Random) -> Points:
    length = rng.gamma(3.0, 5.5)
    aside = np.array([direction[1], -direction[0]]) * rng.normal(0, 0.2) * length
    steps = np.linspace(0, 1, _ARM_POINTS)[:, None]
    return root + steps * direction * length + steps**2 * aside


def _draw_cell(cell: Cell, number: int, light: Image, labels: Labels, rng: Random) -> None:
    """Add a cell's light, and write its label where its body is; nothing where another cell already lies."""
    corner = np.floor(cell.place).astype(int) - _WINDOW // 2
    origin = cell.place - corner
    body = _shrunk(_outline(cell.body + origin))
    grain = 1 + 0.95 * cv2.GaussianBlur(rng.standard_normal(body.shape, dtype=np.float32), (0, 0), 1.2)
    rim, core = cv2.GaussianBlur(body, (0, 0), 0.6), cv2.GaussianBlur(body, (0, 0), 2.2)
    picture = cell.brightness * grain * ((1 - 0.70 * cell.dome) * rim + 2.4 * cell.dome * core**1.8)
    if cell.processes:
        fine = np.zeros((_WINDOW * _FINE,) * 2, np.uint8)
        for process in cell.processes:
            for step, (start, end) in enumerate(pairwise(_fine_points(process + origin))):
                cv2.line(fine, start, end, 210 - 24 * step, 2 * _FINE - step, cv2.LINE_AA)
        picture = np.maximum(picture, (26 + 0.45 * cell.brightness) * cv2.GaussianBlur(_shrunk(fine), (0, 0), 0.5))
    (top, left), (bottom, right) = np.maximum(corner, 0), np.minimum(corner + _WINDOW, _SHAPE)
    there = slice(top, bottom), slice(left, right)
    here = slice(top - corner[0], bottom - corner[0]), slice(left - corner[1], right - corner[1])
    mine = cv2.GaussianBlur(body, (0, 0), 0.8)[here] > _LABELLED
    if (labels[there][mine] > 0).sum() > _MAX_COVERED * mine.sum():
        return
    light[there] = np.maximum(light[there], picture[here])
    labels[there][mine] = number


def _outline(points: Points) -> npt.NDArray[np.uint8]:
    fine = np.zeros((_WINDOW * _FINE,) * 2, np.uint8)
    return cv2.fillPoly(fine, [_fine_points(points)], 255).astype(np.uint8)


def _shrunk(fine: npt.NDArray[np.uint8]) -> Image:
    """A finely drawn window at the scale of pixels, in [0, 1]."""
    return cv2.resize(fine, (_WINDOW, _WINDOW), interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)


def _fine_points(points: Points) -> npt.NDArray[np.int32]:
    return np.rint(points[:, ::-1] * _FINE).astype(np.int32)


def _apart(labels: Labels) -> Labels:
    """Take from each cell the pixels that touch one of a higher number, so that no two cells are connected."""
    highest = cv2.dilate(labels.astype(np.float32), np.ones((3, 3), np.uint8)).astype(np.int32)
    return np.where((labels > 0) & (highest > labels), 0, labels)


def _renumber(labels: Labels, smallest: int = 30) -> Labels:
    """Pieces of at least ``smallest`` pixels, numbered 1..n; what other cells left of a cell is often less."""
    _, pieces, facts, _ = cv2.connectedComponentsWithStats((labels > 0).astype(np.uint8), connectivity=8)
    keep = facts[:, cv2.CC_STAT_AREA] >= smallest
    keep[0] = False
    return np.where(keep, np.cumsum(keep), 0).astype(np.int32)[pieces]


def _add_debris(light: Image, rng: Random) -> None:
    """Bright specks, bubbles, and now and then a blob that looks like a cell (the paper's Figure 6A)."""

    def disc(radius: float, grey: float, hollow: bool, softness: float) -> None:
        row, column = rng.uniform((0, 0), _SHAPE)
        spot = np.zeros((_WINDOW * _FINE,) * 2, np.uint8)
        middle = (_WINDOW * _FINE // 2,) * 2
        cv2.circle(spot, middle, max(1, round(radius * _FINE)), 255, _FINE * 2 if hollow else -1, cv2.LINE_AA)
        small = grey * cv2.GaussianBlur(_shrunk(spot), (0, 0), softness)
        top, left = int(row) - _WINDOW // 2, int(column) - _WINDOW // 2
        there = slice(max(top, 0), min(top + _WINDOW, _SHAPE[0])), slice(max(left, 0), min(left + _WINDOW, _SHAPE[1]))
        light[there] += small[there[0].start - top : there[0].stop - top, there[1].start - left : there[1].stop - left]

    for _ in range(rng.poisson(95)):
        disc(rng.uniform(0.5, 1.8), rng.uniform(20, 160), False, 0.7)
    for _ in range(rng.poisson(2)):
        disc(rng.uniform(4, 7), rng.uniform(8, 25), True, 0.8)
    for _ in range(rng.poisson(3)):
        disc(rng.uniform(2.5, 4.5), rng.uniform(60, 160), False, 1.0)


def _background(rng: Random) -> Image:
    """A lamp that is off centre, and slow unevenness."""
    rows, columns = np.meshgrid(*(np.linspace(-1, 1, side) for side in _SHAPE), indexing="ij")
    lamp = rng.normal((0.2, -0.2), 0.18)
    falloff = rng.uniform(20, 30) * ((rows - lamp[0]) ** 2 + (columns - lamp[1]) ** 2)
    coarse = cv2.resize(rng.standard_normal((5, 6)).astype(np.float32), _SHAPE[::-1], interpolation=cv2.INTER_CUBIC)
    return (rng.normal(154, 2) - falloff + 2.5 * coarse).astype(np.float32)


def _camera_noise(rng: Random) -> Image:
    """Noise whose neighbours are a little alike, as after a camera's own resampling."""
    noise = rng.standard_normal(_SHAPE, dtype=np.float32)
    return 1.0 * noise + 1.6 * cv2.GaussianBlur(noise, (0, 0), 1.5)
