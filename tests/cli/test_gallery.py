"""``robustbench-cells gallery``, as a user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.cli.main import main


def test_a_page_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "gallery.html"
    assert main(["gallery", "synthetic", f"--out={out}", "--profile=quick"]) == 0
    assert capsys.readouterr().out == f"wrote {out}\n"
    assert "Every artefact at every intensity" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--out=frame.tif",), "--out frame.tif: is no name of a page; give one that ends in .html"),
        (("--profile=ful",), "no profile is called 'ful'"),
    ],
)
def test_a_mistake_is_named_and_no_file_is_touched(
    options: tuple[str, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("frame.tif").write_bytes(b"a frame")
    assert main(["gallery", "synthetic", *options]) == 2
    assert words in capsys.readouterr().err
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"a frame"]
