"""Layout of the Cell Tracking Challenge, as unpacked from its zip files."""

from __future__ import annotations

import re
from pathlib import Path

from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.image_files import list_images
from robustbench_cells.datasets.pair_names import index_by_number
from robustbench_cells.datasets.paired_files import PairedFiles
from robustbench_cells.datasets.sources._base import SOURCES, DatasetSource
from robustbench_cells.errors import DataError
from robustbench_cells.types import Dataset

_MARKERS = "TRA"
_TRUTHS = {"ST": "{}_ST/SEG", "GT": "{}_GT/SEG", _MARKERS: "{}_GT/TRA"}  # in the order of preference


@SOURCES.register
class CellTrackingChallenge(DatasetSource):
    """Sequences ``01``, ``02`` with silver (``ST``) or gold (``GT``) segmentation, or tracking markers (``TRA``).

    Often only a few frames have gold masks; the frames of a split are those that have a mask.
    """

    name = "cell_tracking_challenge"
    layout = "ROOT/01/t000.tif with ROOT/01_ST/SEG/man_seg000.tif, ROOT/01_GT/SEG/… or ROOT/01_GT/TRA/man_track000.tif"
    splits = (
        "SEQUENCE/TRUTH, such as 02/GT; truths: ST (silver, the default), GT (gold), TRA (tracking markers, only when "
        "asked for)"
    )

    def recognises(self, where: str) -> bool:
        """See `DatasetSource.recognises`."""
        return bool(self._sequences(Path(where)))

    def open(
        self,
        where: str,
        split: str | None,
        white_level: int | None,
        ignore_label: int | None = None,
        channel: Channel | None = None,
    ) -> Dataset:
        """See `DatasetSource.open`."""
        root = Path(where)
        sequences = self._sequences(root)
        sequence, _, truth = (split or sequences[0]).partition("/")
        truths = {name: root / folder.format(sequence) for name, folder in _TRUTHS.items()}
        truths = {name: folder for name, folder in truths.items() if folder.is_dir()}
        if sequence in sequences and not truth and set(truths) == {_MARKERS}:
            raise DataError(
                f"{truths[_MARKERS]}: has tracking markers, which show where cells are but not their outlines, and "
                f"{root} has no segmentation of sequence {sequence}; unpack its {sequence}_ST or {sequence}_GT/SEG, "
                f"or score against the markers by asking for the split {sequence}/{_MARKERS}"
            )
        truth = truth or next(iter(truths), "")
        if sequence not in sequences or truth not in truths:
            raise DataError(
                f"{root}: has no split {split!r}; sequences: {', '.join(sequences)}; truths of {sequence}: "
                f"{', '.join(truths) or 'none'}"
            )
        images, masks = index_by_number(list_images(root / sequence)), index_by_number(list_images(truths[truth]))
        if not masks:
            raise DataError(f"{truths[truth]}: has no masks; unpack the challenge's zip file again")
        for number in sorted(masks.keys() - images.keys()):
            raise DataError(
                f"{masks[number]}: no frame numbered {number} in {root / sequence}; unpack the challenge's zip file "
                "again"
            )
        pairs = {str(number): (images[number], masks[number]) for number in sorted(masks)}
        key = f"{self.name}/{sequence}/{truth}"
        note = ", tracking markers instead of outlines" if truth == _MARKERS else ""
        title = f"{where}, split {sequence}/{truth}{note}"
        return PairedFiles(key, title, pairs, white_level, ignore_label, channel=channel)

    def _sequences(self, root: Path) -> list[str]:
        if not root.is_dir():
            return []
        names = [path.name for path in root.iterdir() if re.fullmatch(r"\d\d", path.name) and path.is_dir()]
        return sorted(name for name in names if any(root.glob(f"{name}_[GS]T")))
