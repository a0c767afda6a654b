"""Synthetic phase-contrast frames of cells, drawn from a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, pi, sin

import cv2
import numpy as np
import numpy.typing as npt

from robustbench_cells.types import Image, Labels

_SHAPE = (576, 720)  # rows, columns; as in the reference set
_FINE = 4  # supersampling factor of drawn cells
_WINDOW = 96  # pixels; side of the square in which a cell is drawn
_REACH = 12  # pixels around a cell's outline that its lines and blurs reach
_TURN = np.linspace(-1, 1, 17)  # along a spindle, from end to end
_STEPS = np.linspace(0, 1, 7)[:, None]  # along a process, from root to tip
_LABELLED = 0.28  # threshold on the blurred body: annotators draw half a pixel outside the bright part
_MAX_COVERED = 0.15  # share of a cell that may overlap earlier cells
_SMALLEST = 30  # pixels of a labelled cell

Points = npt.NDArray[np.float64]
Random = np.random.Generator


@dataclass(frozen=True)
class Cell:
    """Shape and brightness of one cell.

    Attributes
    ----------
    place
        Row and column of the centre, in pixels.
    body
        Outline of the bright part, (n, 2): row and column from the centre, in pixels. The label is a little larger.
    processes
        Thin, unlabelled processes: points from root to tip, (n, 2) each.
    brightness
        Grey levels above the background.
    dome
        Brightness profile, from 0 (uniform) to 1 (bright in the middle only).
    """

    place: Points
    body: Points
    processes: tuple[Points, ...]
    brightness: float
    dome: float


def draw_frame(rng: Random) -> tuple[Image, Labels, Labels]:
    """Draw one frame.

    Returns
    -------
    tuple
        Image, float32 (576, 720), whole grey levels in [0, 255]; labels, int32 (576, 720), touching cells separated by
        one pixel; labels without that, an id per cell.
    """
    light = np.zeros(_SHAPE, np.float32)
    labels = np.zeros(_SHAPE, np.int32)
    for number, cell in enumerate(_place_cells(rng), start=1):
        _draw_cell(cell, number, light, labels, rng)
    labels, touching = _renumber(_separate(labels)), _number(labels)
    _add_debris(light, rng)
    # Phase contrast surrounds bright cells with a dark halo and a narrow bright glow.
    light += 0.10 * cv2.GaussianBlur(light, (0, 0), 4) - 0.34 * cv2.GaussianBlur(light, (0, 0), 12)
    image = _draw_background(rng) + light
    image = image + _draw_camera_noise(rng)
    return np.clip(np.rint(image), 0, 255).astype(np.float32), labels, touching


def _place_cells(rng: Random) -> Iterator[Cell]:
    """Place cells in clusters, aligned with one another, and some on their own."""
    left = int(rng.integers(195, 375))
    while left > 0:
        size = min(left, int(rng.geometric(0.13)))
        left -= size
        centre, heading = rng.uniform((0, 0), _SHAPE), rng.uniform(0, pi)
        spread = 9 * size**0.6 * np.array([1.8, 0.6])
        along = np.array([[sin(heading), cos(heading)], [cos(heading), -sin(heading)]])
        for _ in range(size):
            place = centre + (rng.standard_normal(2) * spread) @ along
            yield _shape_cell(np.clip(place, 3, np.array(_SHAPE) - 4), heading + rng.normal(0, 0.45), rng)


def _shape_cell(place: Points, heading: float, rng: Random) -> Cell:
    kind = rng.choice(["spindle", "flat", "round"], p=[0.79, 0.17, 0.04])
    if kind == "round":
        radius = rng.uniform(3.8, 5.8)
        return Cell(place, _spindle((radius, radius), radius, 0, 0.5, heading), (), rng.uniform(90, 190), 0.3)
    axis = np.array([sin(heading), cos(heading)])
    if kind == "flat":
        angles = heading + np.array([0, 2.1, 4.2]) + rng.normal(0, 0.35, 3)
        reach = rng.uniform(7.5, 16.5, 3)
        tips = np.column_stack([np.sin(angles), np.cos(angles)]) * reach[:, None]
        processes = tuple(_process(tip * 0.7, tip / np.linalg.norm(tip), rng) for tip in tips)
        return Cell(place, _concave_triangle(tips), processes, rng.uniform(36, 66), 0.2)
    half = rng.lognormal(np.log(13.9), 0.30, 2)  # one length per end
    width = float(np.clip(rng.lognormal(np.log(3.9), 0.17), 2.6, 5.9))
    body = _spindle(half, width, rng.normal(0, 0.010), rng.uniform(1.2, 2.4), heading)
    processes = tuple(
        _process(axis * sign * end * 0.6, axis * sign, rng)
        for sign, end in zip((1, -1), half, strict=True)
        if rng.random() < 0.8
    )
    return Cell(
        place, body, processes, float(np.clip(rng.lognormal(np.log(46), 0.52), 34, 170)), rng.uniform(0.45, 1.0)
    )


def _spindle(half: Sequence[float] | Points, width: float, bend: float, point: float, heading: float) -> Points:
    """Outline a spindle of half-lengths ``half`` and half-width ``width``; a larger ``point`` makes sharper ends."""
    along = _TURN * np.where(_TURN < 0, half[1], half[0])
    across = width * (1 - _TURN**2) ** point
    curve = bend * along**2
    outline = np.concatenate([np.column_stack([curve + across, along]), np.column_stack([curve - across, along])[::-1]])
    return outline @ np.array([[cos(heading), -sin(heading)], [sin(heading), cos(heading)]])


def _concave_triangle(tips: Points) -> Points:
    """Outline a triangle through three tips, with its sides bent towards the centre."""
    outline = []
    for tip, following in zip(tips, np.roll(tips, -1, axis=0), strict=True):
        outline += [tip, (tip + following) / 2 * 0.75]
    return np.array(outline)


def _process(root: Points, direction: Points, rng: Random) -> Points:
    length = rng.gamma(3.0, 5.5)
    deviation = np.array([direction[1], -direction[0]]) * rng.normal(0, 0.2) * length
    return root + _STEPS * direction * length + _STEPS**2 * deviation


def _draw_cell(cell: Cell, number: int, light: Image, labels: Labels, rng: Random) -> None:
    """Add a cell's light and label, unless it overlaps earlier cells too much."""
    corner = np.floor(cell.place).astype(int) - _WINDOW // 2
    noise = cv2.GaussianBlur(rng.standard_normal((_WINDOW, _WINDOW), dtype=np.float32), (0, 0), 1.2)
    low, high = _bounds(np.concatenate([cell.body, *cell.processes]) + (cell.place - corner))
    noise, corner = noise[low[0] : high[0], low[1] : high[1]], corner + low
    origin = cell.place - corner
    fine = _fine_window(noise.shape)
    cv2.fillPoly(fine, [_fine_points(cell.body + origin)], 255)
    body = _downsample(fine)
    (top, left), (bottom, right) = np.maximum(corner, 0), np.minimum(corner + noise.shape, _SHAPE)
    in_frame = slice(top, bottom), slice(left, right)
    in_window = slice(top - corner[0], bottom - corner[0]), slice(left - corner[1], right - corner[1])
    mask = cv2.GaussianBlur(body, (0, 0), 0.8)[in_window] > _LABELLED
    if (labels[in_frame][mask] > 0).sum() > _MAX_COVERED * mask.sum():
        return
    rim, core = cv2.GaussianBlur(body, (0, 0), 0.6), cv2.GaussianBlur(body, (0, 0), 2.2)
    drawn = cell.brightness * (1 + 0.95 * noise) * ((1 - 0.70 * cell.dome) * rim + 2.4 * cell.dome * core**1.8)
    if cell.processes:
        fine = _fine_window(noise.shape)
        for process in cell.processes:
            for step, (start, end) in enumerate(pairwise(_fine_points(process + origin))):
                cv2.line(fine, start, end, 210 - 24 * step, 2 * _FINE - step, cv2.LINE_AA)
        drawn = np.maximum(drawn, (26 + 0.45 * cell.brightness) * cv2.GaussianBlur(_downsample(fine), (0, 0), 0.5))
    light[in_frame] = np.maximum(light[in_frame], drawn[in_window])
    labels[in_frame][mask] = number


def _bounds(points: Points) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]:
    """The part of a window, from its first row and column to its last, that points with their blur can reach."""
    low, high = np.floor(points.min(0)) - _REACH, np.ceil(points.max(0)) + _REACH
    return np.maximum(low, 0).astype(int), np.minimum(high, _WINDOW).astype(int)


def _fine_window(shape: Sequence[int]) -> npt.NDArray[np.uint8]:
    """An empty supersampled window of rows and columns of pixels."""
    return np.zeros((shape[0] * _FINE, shape[1] * _FINE), np.uint8)


def _downsample(fine: npt.NDArray[np.uint8]) -> Image:
    """Reduce a supersampled window to pixels, in [0, 1]."""
    size = fine.shape[1] // _FINE, fine.shape[0] // _FINE
    return cv2.resize(fine, size, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)


def _fine_points(points: Points) -> npt.NDArray[np.int32]:
    return np.rint(points[:, ::-1] * _FINE).astype(np.int32)


def _separate(labels: Labels) -> Labels:
    """Remove from each cell the pixels that touch a higher label, so that no two cells are connected."""
    highest = cv2.dilate(labels.astype(np.float32), np.ones((3, 3), np.uint8)).astype(np.int32)
    return np.where((labels > 0) & (highest > labels), 0, labels)


def _number(labels: Labels) -> Labels:
    """Number the cells of at least `_SMALLEST` pixels 1..n, in one piece or several."""
    keep = np.bincount(labels.ravel()) >= _SMALLEST
    keep[0] = False
    return np.where(keep, np.cumsum(keep), 0).astype(np.int32)[labels]


def _renumber(labels: Labels) -> Labels:
    """Number the components of at least `_SMALLEST` pixels 1..n; overlaps leave smaller remnants of cells."""
    _, components, stats, _ = cv2.connectedComponentsWithStats((labels > 0).astype(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= _SMALLEST
    keep[0] = False
    return np.where(keep, np.cumsum(keep), 0).astype(np.int32)[components]


def _add_debris(light: Image, rng: Random) -> None:
    """Add bright specks, bubbles, and a few blobs that resemble cells (the paper's Figure 6A)."""

    def disc(radius: float, grey: float, hollow: bool, softness: float) -> None:
        row, column = rng.uniform((0, 0), _SHAPE)
        spot = np.zeros((_WINDOW * _FINE,) * 2, np.uint8)
        middle = (_WINDOW * _FINE // 2,) * 2
        cv2.circle(spot, middle, max(1, round(radius * _FINE)), 255, _FINE * 2 if hollow else -1, cv2.LINE_AA)
        drawn = grey * cv2.GaussianBlur(_downsample(spot), (0, 0), softness)
        top, left = int(row) - _WINDOW // 2, int(column) - _WINDOW // 2
        rows = slice(max(top, 0), min(top + _WINDOW, _SHAPE[0]))
        columns = slice(max(left, 0), min(left + _WINDOW, _SHAPE[1]))
        light[rows, columns] += drawn[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]

    for _ in range(rng.poisson(95)):
        disc(rng.uniform(0.5, 1.8), rng.uniform(20, 160), False, 0.7)
    for _ in range(rng.poisson(2)):
        disc(rng.uniform(4, 7), rng.uniform(8, 25), True, 0.8)
    for _ in range(rng.poisson(3)):
        disc(rng.uniform(2.5, 4.5), rng.uniform(60, 160), False, 1.0)


def _draw_background(rng: Random) -> Image:
    """Draw the light of an off-centre lamp with slow variations."""
    rows, columns = np.meshgrid(*(np.linspace(-1, 1, side) for side in _SHAPE), indexing="ij")
    lamp = rng.normal((0.2, -0.2), 0.18)
    falloff = rng.uniform(20, 30) * ((rows - lamp[0]) ** 2 + (columns - lamp[1]) ** 2)
    coarse = cv2.resize(rng.standard_normal((5, 6)).astype(np.float32), _SHAPE[::-1], interpolation=cv2.INTER_CUBIC)
    return (rng.normal(154, 2) - falloff + 2.5 * coarse).astype(np.float32)


def _draw_camera_noise(rng: Random) -> Image:
    """Draw noise with slight spatial correlation, as after resampling in a camera."""
    noise = rng.standard_normal(_SHAPE, dtype=np.float32)
    return 1.0 * noise + 1.6 * cv2.GaussianBlur(noise, (0, 0), 1.5)
