"""Images and masks in two folders."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.naming import resolve_single_split
from robustbench_cells.datasets.paired_files import PairedFiles, holds_pairs, pair_folders
from robustbench_cells.datasets.sources._base import SOURCES, DatasetSource
from robustbench_cells.errors import DataError
from robustbench_cells.types import Dataset


@SOURCES.register
class Paired(DatasetSource):
    """Folders ``input`` and ``output``, within a folder per split or without splits; or any two folders; or one.

    Two folders are given with a colon between them: ``frames:masks``. In one folder masks are told apart by the end of
    their names, as in ``a_img.png`` and ``a_masks.png``. TIFF and PNG files are paired by equal names, or by the last
    number in them (see `pair_by_name`); masks are binary, or have one id per cell.
    """

    name = "paired"
    layout = (
        "ROOT/SPLIT/input and ROOT/SPLIT/output, or ROOT/input and ROOT/output, or IMAGES:MASKS, or one folder with "
        "NAME_img.tif and NAME_masks.tif"
    )
    splits = "the folders of ROOT (default: test)"

    def recognises(self, where: str) -> bool:
        """See `DatasetSource.recognises`."""
        images, colon, masks = where.rpartition(":")
        if colon and Path(images).is_dir() and Path(masks).is_dir():
            return True
        root = Path(where)
        return (root / "input").is_dir() or holds_pairs(root) or bool(self._splits(root))

    def open(
        self,
        where: str,
        split: str | None,
        white_level: int | None,
        ignore_label: int | None = None,
        channel: Channel | None = None,
    ) -> Dataset:
        """See `DatasetSource.open`."""
        images, colon, masks = where.rpartition(":")
        if colon and Path(images).is_dir():
            folders, split = (Path(images), Path(masks)), resolve_single_split(where, split)
        else:
            folders, split = self._folders(Path(where), split)
        pairs = pair_folders(*folders)
        title = f"{where}, split {split}"
        return PairedFiles(f"paired/{split}", title, pairs, white_level, ignore_label, channel=channel)

    def _folders(self, root: Path, split: str | None) -> tuple[tuple[Path, Path], str]:
        if (root / "input").is_dir():
            return (root / "input", root / "output"), resolve_single_split(str(root), split)
        if holds_pairs(root):
            return (root, root), resolve_single_split(str(root), split)
        split = split or "test"
        if not (root / split).is_dir():
            raise DataError(f"{root}: has no split {split!r}; available: {', '.join(self._splits(root))}")
        folder = root / split
        return ((folder, folder) if holds_pairs(folder) else (folder / "input", folder / "output")), split

    def _splits(self, root: Path) -> list[str]:
        return sorted(path.name for path in root.glob("*/") if (path / "input").is_dir() or holds_pairs(path))
