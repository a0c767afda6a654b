"""Which mask belongs to which image, by the names of the files; a pair that is not certain is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path

from robustbench_cells.errors import DataError

CSV_REMEDY = "or list the pairs in a CSV table with the columns image,mask"

_IMAGE_ROLE = re.compile(r"[-_. ](img|images?|raw)$", re.IGNORECASE)
_MASK_ROLE = re.compile(
    r"[-_. ](cp[-_]masks?|masks?|labels?|seg|(simple[-_. ])?segmentation|object[-_. ]identities|gt)$", re.IGNORECASE
)
_OME = re.compile(r"\.ome$", re.IGNORECASE)
_CHANNEL = re.compile(r"[-_. ]ch\d+$", re.IGNORECASE)  # of Leica and others
_NNUNET_CHANNEL = re.compile(r"_\d{4}$")
_SLICE = re.compile(r"man_seg_(\d+)_(\d+)", re.IGNORECASE)  # of the Cell Tracking Challenge

Pair = tuple[Path, Path]
NameKey = Callable[[str], str]  # what is left of a name for the comparison

_NAME_RULES: tuple[tuple[NameKey, NameKey], ...] = (  # of the image and the mask, the stricter first
    (str, str),
    (lambda name: _IMAGE_ROLE.sub("", name), lambda name: _MASK_ROLE.sub("", name)),
    (lambda name: _CHANNEL.sub("", _IMAGE_ROLE.sub("", name)), lambda name: _CHANNEL.sub("", _MASK_ROLE.sub("", name))),
    (lambda name: _NNUNET_CHANNEL.sub("", name), lambda name: _MASK_ROLE.sub("", name)),
)


def pair_by_name(images: Sequence[Path], masks: Sequence[Path]) -> dict[str, Pair]:
    """Pair images and masks whose names are equal, or else whose last numbers are.

    Names are compared without suffix, as they are or without what marks images, masks and channels: ``_img``,
    ``_masks``, ``_ch00``, nnU-Net's ``_0000``.

    Parameters
    ----------
    images, masks
        Files, those of each list from one folder.

    Returns
    -------
    dict
        Image and mask by the name of the frame: its number, or the common name where numbers do not tell frames apart.

    Raises
    ------
    DataError
        If a file has no counterpart or several, or the names contradict one another.
    """
    for path in (*images, *masks):
        _refuse_slice(path)
    grouped = [(_group(images, of_image), _group(masks, of_mask)) for of_image, of_mask in _NAME_RULES]
    for named_images, named_masks in grouped:
        if named_images.keys() == named_masks.keys() and len(named_images) == len(images) == len(masks):
            return _name_frames({name: (named_images[name][0], named_masks[name][0]) for name in named_images})
    of_number = [
        {number for path in paths if (number := _number(_stem(path))) is not None} for paths in (images, masks)
    ]
    best = max(grouped, key=lambda one: len(one[0].keys() & one[1].keys()))
    if len(best[0].keys() & best[1].keys()) > len(of_number[0] & of_number[1]):
        _refuse_names(*best, images[0].parent, masks[0].parent)
    return _pair_by_number(images, masks)


def index_by_number(paths: Iterable[Path]) -> dict[int, Path]:
    """Index files by the last number in their names: 7 for ``man_seg007.tif``.

    Raises
    ------
    DataError
        If a name has no number, two files have the same, or one is a slice of a volume.
    """
    found: dict[int, Path] = {}
    for path in paths:
        _refuse_slice(path)
        number = _number(_stem(path))
        if number is None:
            raise DataError(
                f"{path}: no number in the name; images and masks are matched by equal names or by number, so rename "
                f"the file, {CSV_REMEDY}"
            )
        if number in found:
            raise DataError(
                f"{path} and {found[number].name} have the same number {number}; rename or remove one, {CSV_REMEDY}"
            )
        found[number] = path
    return found


def split_by_role(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Split the files of one folder into images and masks; names of masks end in ``_masks`` or alike."""
    images: list[Path] = []
    masks: list[Path] = []
    for path in paths:
        (masks if _MASK_ROLE.search(_stem(path)) else images).append(path)
    return images, masks


def _group(paths: Iterable[Path], key: NameKey) -> dict[str, list[Path]]:
    groups: dict[str, list[Path]] = {}
    for path in paths:
        groups.setdefault(key(_stem(path)), []).append(path)
    return groups


def _stem(path: Path) -> str:
    """The name without suffix or ``.ome.tif``; an accented letter is one character (macOS writes two)."""
    return _OME.sub("", unicodedata.normalize("NFC", path.stem))


def _bare(name: str) -> str:
    """A name without what marks images, masks and channels."""
    return _CHANNEL.sub("", _MASK_ROLE.sub("", _IMAGE_ROLE.sub("", name)))


def _numbers(name: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", _bare(name))]


def _number(name: str) -> int | None:
    return next(reversed(_numbers(name)), None)


def _text_before_number(name: str) -> str:
    return re.sub(r"\d+\D*$", "", _bare(name))


def _earlier_numbers(name: str) -> tuple[int, ...]:
    return tuple(_numbers(name)[:-1])


def _name_frames(pairs: Mapping[str, Pair]) -> dict[str, Pair]:
    """Pairs by their last numbers if these are distinct, else by their common names, in natural order."""
    numbers = {name: number for name in pairs if (number := _number(name)) is not None}
    if len(set(numbers.values())) == len(pairs):
        return {str(numbers[name]): pairs[name] for name in sorted(pairs, key=lambda name: numbers[name])}
    return {name: pairs[name] for name in sorted(pairs, key=_natural)}


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key by which 9 precedes 10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]


def _pair_by_number(images: Sequence[Path], masks: Sequence[Path]) -> dict[str, Pair]:
    of_images, of_masks = index_by_number(images), index_by_number(masks)
    for here, there, folder in ((of_images, of_masks, masks[0].parent), (of_masks, of_images, images[0].parent)):
        for number in sorted(here.keys() - there.keys()):
            raise DataError(
                f"{here[number]}: no file numbered {number} in {folder}; add it, or remove this one, {CSV_REMEDY}"
            )
    pairs = {str(number): (of_images[number], of_masks[number]) for number in sorted(of_images)}
    _refuse_contradictions(list(pairs.values()), _text_before_number)
    _refuse_contradictions(list(pairs.values()), _earlier_numbers)
    return pairs


def _refuse_contradictions(pairs: Sequence[Pair], part: Callable[[str], Hashable]) -> None:
    """Refuse pairs whose names, but for the last number, point to other pairs; ``part`` is what is compared."""
    image_parts, mask_parts = ([part(_stem(pair[side])) for pair in pairs] for side in (0, 1))
    mask_tells_more = set(image_parts) == {()} and len(set(mask_parts)) > 1
    for (image, mask), of_image, of_mask in zip(pairs, image_parts, mask_parts, strict=True):
        if mask_tells_more or (of_image != of_mask and of_image in mask_parts):
            raise DataError(
                f"{image} and {mask.name} have the same last number, but the rest of their names does not fit; give "
                f"the two the same name, {CSV_REMEDY}"
            )


def _refuse_names(
    images: Mapping[str, Sequence[Path]], masks: Mapping[str, Sequence[Path]], image_folder: Path, mask_folder: Path
) -> None:
    """Raise a `DataError` for the first name that has no counterpart, or several."""
    for here, there, folder in ((images, masks, mask_folder), (masks, images, image_folder)):
        for name, paths in here.items():
            if len(paths) > 1:
                raise DataError(
                    f"{paths[0]} and {paths[1].name} have the same name but for suffix or channel, and a frame is one "
                    f"image with one mask; remove one, {CSV_REMEDY}"
                )
            if name not in there:
                raise DataError(
                    f"{paths[0]}: no file named {name} in {folder}; add it, or remove this one, {CSV_REMEDY}"
                )


def _refuse_slice(path: Path) -> None:
    if match := _SLICE.fullmatch(_stem(path)):
        raise DataError(
            f"{path}: is slice {int(match[2])} of frame {int(match[1])} of a 3-D data set, and 3-D sets are not read; "
            f"save each slice and its mask as an image of its own, named alike, {CSV_REMEDY}"
        )
