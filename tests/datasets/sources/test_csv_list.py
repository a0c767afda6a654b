"""CSV tables of images and masks, and each way in which a table can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.sources import csv_list
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
        (
            "image,mask,split\nimages/0.png,masks/0.png,\nimages/1.png,masks/1.png,test\n",
            r"frames\.csv, line 2: has no split, but other rows do; give each row one",
        ),
        ("image,mask\nimages\\0.png,masks\\0.png\n", r"line 2: no such file .* has / between folders, not \\"),
        ("image;mask\n", "missing column 'image'; .* separated by commas"),
        ("image,mask,mask\n", "duplicate column 'mask'"),
        ("image,mask\n", "has no split 'all'; available: none, it has no rows"),
        ("image,mask\nimages/0.png,masks/0.png\nimages/1.png\n", r"frames\.csv, line 3: has no mask"),
        ("image,mask\nimages/9.png,masks/0.png\n", r"line 2: no such file .*images/9\.png; correct the path"),
        ("image,mask\nimages,masks/0.png\n", "line 2: no such file .*images;"),
        (
            "image,mask\n/dev/zero,masks/0.png\n",
            r"line 2: '/dev/zero' leads out of .*name a folder that holds them: FOLDER:.*frames\.csv",
        ),
        ("image,mask\nhttp://example.org/0.png,masks/0.png\n", "line 2: no such file"),
        (f"image,mask\n{'a' * 9000},masks/0.png\n", "line 2: no such file"),
        (
            "image,mask,frame\nimages/0.png,masks/0.png,a\nimages/1.png,masks/1.png,a\n",
            r"frames\.csv, line 3: duplicate frame 'a'; give each frame a unique name in a column frame",
        ),
        ("image,mask\nimages/0.png,masks/0.png\nimages/0.png,masks/1.png\n", "line 3: duplicate frame '0'"),
        (b"image,mask\nimages/0.png,masks/0.png\n\xff\xff\n", "cannot be read as a CSV table in UTF-8"),
        (b"image,mask\n" + b"a" * 200_000 + b",b\n", "cannot be read as a CSV table in UTF-8"),
        (b" " * (2**24 + 1), "has 16777217 bytes, more than the 16777216 allowed"),
        ("image,mask" + ",a" * 99 + "\n" + "a\n" * 2**20, "has 101 columns, more than the 100 allowed"),
    ],
    ids=range(19),
)
def test_invalid_table_is_reported_with_its_line(text: str | bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        open_dataset(write_table(tmp_path, text))


def test_rows_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = write_table(tmp_path, "image,mask,frame\n" + "".join(f"images/0.png,masks/0.png,{row}\n" for row in "abc"))
    monkeypatch.setattr(csv_list, "_MAX_ROWS", 3)
    assert len(open_dataset(table).frames) == 3
    monkeypatch.setattr(csv_list, "_MAX_ROWS", 2)
    with pytest.raises(DataError, match=r"frames\.csv: has more than the 2 rows allowed for a table; split it"):
        open_dataset(table)


def listed(path: Path, image: Path | str, mask: Path | str) -> str:
    """A table of one frame."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"image,mask\n{image},{mask}\n")
    return str(path)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    WRITERS["csv"](tmp_path / "data", IMAGES, LABELS)
    return tmp_path / "data"


def test_absolute_paths_in_the_folder_of_the_table(files: Path) -> None:
    where = listed(files / "absolute.csv", files / "images/1.png", files / "masks/1.png")
    assert open_dataset(where).digests == {"1": open_dataset(str(files / "frames.csv")).digests["1"]}


@pytest.mark.parametrize("absolute", [True, False])
def test_paths_out_of_the_folder_of_the_table_only_into_a_folder_that_is_named(files: Path, absolute: bool) -> None:
    image, mask = (files / name if absolute else f"../data/{name}" for name in ("images/1.png", "masks/1.png"))
    where = listed(files.parent / "lists/table.csv", image, mask)
    with pytest.raises(DataError, match=r"table\.csv, line 2: '.*1\.png' leads out of .*lists, .*: FOLDER:"):
        open_dataset(where)
    other = files.parent / "other"
    other.mkdir()
    with pytest.raises(DataError, match=r"leads out of .*other"):
        open_dataset(f"{other}:{where}")
    assert open_dataset(f"{files}:{where}").frames == ("1",)
    assert open_dataset(f"/:{where}").frames == ("1",)


def test_a_folder_that_is_named_allows_no_other(files: Path) -> None:
    outside = files.parent / "secret.png"
    outside.write_bytes((files / "masks/1.png").read_bytes())
    for image in (outside, "../data/../secret.png", files / "../secret.png"):
        where = listed(files / "table.csv", image, "masks/1.png")
        with pytest.raises(DataError, match="leads out of"):
            open_dataset(f"{files}:{where}")


def test_links_on_the_way_to_the_data_are_followed(files: Path) -> None:
    link = files.parent / "link"
    link.symlink_to(files)
    for where in (
        listed(files / "table.csv", link / "images/1.png", link / "masks/1.png"),
        f"{link}:{listed(files.parent / 'lists/table.csv', files / 'images/1.png', files / 'masks/1.png')}",
    ):
        assert open_dataset(where).frames == ("1",)


def test_a_missing_table_is_named(files: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.csv: no such file; give a CSV table, or FOLDER:FILE\.csv"):
        open_dataset(f"{files}:{files}/nowhere.csv")
