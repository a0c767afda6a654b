"""CSV tables of images and masks, and each way in which a table can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import DataError
from tests.support.frame_files import IMAGES, LABELS, WRITERS


def write_table(root: Path, text: str | bytes) -> str:
    WRITERS["csv"](root, IMAGES, LABELS)
    (root / "frames.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return str(root / "frames.csv")


def test_table_with_splits(tmp_path: Path) -> None:
    where = write_table(
        tmp_path,
        "\ufeffsplit, mask,image,remark\r\n"
        'test,masks/0.png,images/0.png,"one, two"\r\n'
        "train,masks/1.png,images/1.png,\r\ntest,masks/2.png,images/2.png\r\n",
    )
    selection = open_dataset(where)
    assert selection.key == "paired/test"
    assert selection.frames == ("0", "2")
    assert open_dataset(where, "train").frames == ("1",)
    with pytest.raises(DataError, match="has no split 'validation'; available: test, train"):
        open_dataset(where, "validation")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"frames\.csv, line 1: missing column 'image'; the header is"),
        ("image,split\n", r"frames\.csv, line 1: missing column 'mask'; the header is image,mask"),
        ("image;mask\n", "missing column 'image'; .* separated by commas"),
        ("image,mask,mask\n", "duplicate column 'mask'"),
        ("image,mask\n", "has no split 'all'; available: none, it has no rows"),
        ("image,mask\nimages/0.png,masks/0.png\nimages/1.png\n", r"frames\.csv, line 3: has no mask"),
        ("image,mask\nimages/9.png,masks/0.png\n", r"line 2: no such file .*images/9\.png; correct the path"),
        ("image,mask\nimages,masks/0.png\n", "line 2: no such file .*images;"),
        ("image,mask\n/dev/zero,masks/0.png\n", "line 2: '/dev/zero' is an absolute path; give it relative"),
        ("image,mask\nhttp://example.org/0.png,masks/0.png\n", "line 2: no such file"),
        (f"image,mask\n{'a' * 9000},masks/0.png\n", "line 2: no such file"),
        (
            "image,mask,frame\nimages/0.png,masks/0.png,a\nimages/1.png,masks/1.png,a\n",
            r"frames\.csv, line 3: duplicate frame 'a'; give each frame a unique name in a column frame",
        ),
        ("image,mask\nimages/0.png,masks/0.png\nimages/0.png,masks/1.png\n", "line 3: duplicate frame '0'"),
        (b"image,mask\nimages/0.png,masks/0.png\n\xff\xff\n", "cannot be read as a CSV table in UTF-8"),
        (b"image,mask\n" + b"a" * 200_000 + b",b\n", "cannot be read as a CSV table in UTF-8"),
        (b" " * (2**24 + 1), "is larger than the 16777216 bytes allowed for a table"),
    ],
    ids=range(16),
)
def test_invalid_table_is_reported_with_its_line(text: str | bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        open_dataset(write_table(tmp_path, text))
