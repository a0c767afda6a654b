"""``robustbench-cells distort``, as a user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

import robustbench_cells as rb
from robustbench_cells.cli.main import main

GIVEN = ("distort", "synthetic", "--frames=2")


def test_one_data_set_for_each_intensity_and_how_to_score_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a folder"
    assert main([*GIVEN, "--artefact=read_noise=2,8", "--artefact=gamma=2", f"--out={out}"]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["gamma-2", "read_noise-2", "read_noise-8"]
    assert len(rb.open_dataset(out / "read_noise-8").frames) == 2
    printed = capsys.readouterr().out
    assert f"wrote {out / 'gamma-2'}: 2 frames with their masks" in printed
    assert f"pytest benchmarks/ --rb-dataset='{out / 'gamma-2'}' --rb-white-level=65535 -k clean" in printed


def test_patches_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*GIVEN, "--artefact=gamma=2", f"--out={tmp_path}", "--patches"]) == 0
    assert "2 patches" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--artefact=defocs=2",), "did you mean defocus"),
        (("--artefact=defocus=-2",), "defocus=-2: radius -2"),
        (("--artefact=defocus=x",), "--artefact defocus=x: intensities are numbers"),
        (("--artefact=measured:focus",), "measured:focus: its images were taken by a microscope"),
        (("--artefact=gamma=2", "--profile=ful"), "no profile is called 'ful'"),
        (("--artefact=gamma=2", "--margin=-1"), "margin in px: -1"),
    ],
)
def test_a_mistake_is_named_and_writes_nothing(
    options: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*GIVEN, *options, f"--out={tmp_path / 'out'}"]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_exists_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "gamma-2").mkdir()
    assert main([*GIVEN, "--artefact=gamma=2", f"--out={tmp_path}"]) == 2
    assert "gamma-2: exists already" in capsys.readouterr().err
    assert list((tmp_path / "gamma-2").iterdir()) == []
