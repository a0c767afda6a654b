"""Tables that name their images and masks, and each way in which they can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.errors import DataError
from tests.support.frame_files import IMAGES, LABELS, WRITERS


def table(root: Path, text: str | bytes) -> str:
    WRITERS["csv"](root, IMAGES, LABELS)
    (root / "frames.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return str(root / "frames.csv")


def test_a_table_with_splits_and_names_of_its_own(tmp_path: Path) -> None:
    where = table(
        tmp_path,
        "\ufeffsplit, mask,image,remark\r\n"
        'test,masks/0.png,images/0.png,"one, two"\r\n'
        "train,masks/1.png,images/1.png,\r\ntest,masks/2.png,images/2.png\r\n",
    )
    selection = open_dataset(where)
    assert selection.key == "paired/test"
    assert selection.frames == ("0", "2")
    assert open_dataset(where, "train").frames == ("1",)
    with pytest.raises(DataError, match="has no split 'validation'; there are: test, train"):
        open_dataset(where, "validation")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"frames\.csv, line 1: has no column 'image'; the first line is"),
        ("image,split\n", r"frames\.csv, line 1: has no column 'mask'; the first line is image,mask"),
        ("image;mask\n", "has no column 'image'; .* with commas between"),
        ("image,mask,mask\n", "has two of the column 'mask'"),
        ("image,mask\n", "has no split 'all'; there are: no lines"),
        ("image,mask\nimages/0.png,masks/0.png\nimages/1.png\n", r"frames\.csv, line 3: has no mask"),
        ("image,mask\nimages/9.png,masks/0.png\n", r"line 2: .*images/9\.png is no file; correct the path"),
        ("image,mask\nimages,masks/0.png\n", r"line 2: .*images is no file"),
        ("image,mask\n/dev/zero,masks/0.png\n", "line 2: '/dev/zero' is no path relative to the table"),
        ("image,mask\nhttp://example.org/0.png,masks/0.png\n", "line 2: .* is no file"),
        (f"image,mask\n{'a' * 9000},masks/0.png\n", "line 2: .* is no file"),
        (
            "image,mask,frame\nimages/0.png,masks/0.png,a\nimages/1.png,masks/1.png,a\n",
            r"frames\.csv, line 3: the frame 'a' is there twice; give each its own name in a column frame",
        ),
        ("image,mask\nimages/0.png,masks/0.png\nimages/0.png,masks/1.png\n", "line 3: the frame '0' is there twice"),
        (b"image,mask\nimages/0.png,masks/0.png\n\xff\xff\n", "cannot be read as a CSV table in UTF-8"),
        (b"image,mask\n" + b"a" * 200_000 + b",b\n", "cannot be read as a CSV table in UTF-8"),
        (b" " * (2**24 + 1), "is larger than the 16777216 bytes allowed for a table"),
    ],
    ids=range(16),
)
def test_what_is_wrong_with_a_table_is_said_with_its_line(text: str | bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        open_dataset(table(tmp_path, text))
