"""Downloaded zip files."""

from __future__ import annotations

import zipfile
from pathlib import Path

from robustbench_cells.files.archives import check_archive, unpack
from tests.fuzz.cases import read
from tests.fuzz.kind import KINDS, Kind


@KINDS.register
class Archives(Kind):
    """Validated and unpacked; the content must be as declared."""

    name = "archives"
    share = 1000

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        for name, packing in (("stored", zipfile.ZIP_STORED), ("packed", zipfile.ZIP_DEFLATED)):
            (folder / name).mkdir()
            with zipfile.ZipFile(folder / name / "set.zip", "w", packing) as archive:
                for inside, content in (("set/", b""), ("set/01/t000.tif", b"grey" * 100), ("é.txt", b"x")):
                    archive.writestr(zipfile.ZipInfo(inside), content, packing)

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        limits = {"max_bytes": 10_000, "max_files": 100}
        declared = check_archive(folder / "set.zip", **limits)
        unpack(folder / "set.zip", folder / "there", **limits)
        found = {name: len(content) for name, content in read(folder / "there").items()}
        assert found == declared, f"declared {declared}, unpacked {found}"
        return found
