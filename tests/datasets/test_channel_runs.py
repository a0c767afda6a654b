"""The channel of a run and of commands: the same numbers as of grey frames, and never compared with another."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from robustbench_cells.cli.main import main
from tests.conftest import save_mask
from tests.support.coloured_files import CELLS, COLOURED, written
from tests.support.pytest_runs import bench
from tests.support.round_cells import IMAGES, LABELS


def write_set(root: Path, colours: bool) -> Path:
    """Write two fields with a measured axis and open pixels, as colours or as the luminance of them."""
    for number in (0, 1):
        grey = IMAGES[number]
        for folder, level in (("input", grey), ("dim", grey // 2 + 3)):
            planes = np.dstack([255 - level, level, level[::-1]])
            picture = Pillow.fromarray(planes) if colours else Pillow.fromarray(planes).convert("L")
            (root / folder).mkdir(parents=True, exist_ok=True)
            picture.save(root / folder / f"{number}.png")
        save_mask(root / f"output/{number}.png", np.where(np.arange(300) < 20, 255, LABELS[number]).astype(np.uint8))
    (root / "measured.toml").write_text(
        '[[axis]]\nname = "dim"\nunit = "%"\nclean = 0\nsteps = [{ value = 50, folder = "dim" }]\n'
    )
    return root


def test_luminance_and_grey_give_the_same_numbers_and_the_gate_refuses_another_channel(tmp_path: Path) -> None:
    write_set(tmp_path / "colours", True)
    write_set(tmp_path / "grey", False)
    grid = ("--rb-artefact=noise=5", "--rb-artefact=measured:dim", "--rb-ignore-label=255")
    run = ("--rb-model=dog_otsu", "-p", "no:cacheprovider", "--rb-inconclusive=pass")
    bench(tmp_path, *run[:-1], *grid, "--rb-dataset=grey", "--rb-reports=plain")
    bench(tmp_path, *run, "--rb-dataset=colours", "--rb-channel=luminance", "--rb-baseline=plain")
    plain, colour = (json.loads((tmp_path / name / "run.json").read_text()) for name in ("plain", "reports"))
    assert (plain["settings"]["channel"], colour["settings"]["channel"]) == (None, "luminance")
    assert plain["dataset"]["fingerprint"] == colour["dataset"]["fingerprint"]
    assert "channel luminance" in (tmp_path / "reports/index.html").read_text()
    one, other = ((tmp_path / name / "patches.csv.gz").read_bytes() for name in ("plain", "reports"))
    assert one == other
    (tmp_path / "pytest.ini").write_text("[pytest]\nrb_channel = green\n")
    for baseline, words in (
        ("plain", "the channel of the images is None in the baseline and green in the candidate"),
        ("reports", "channel green contradicts the baseline, which ran with channel luminance"),
    ):
        other_run = ("-c", "pytest.ini", "--rb-dataset=colours", "--rb-reports=green", f"--rb-baseline={baseline}")
        assert words in bench(tmp_path, *run, *other_run, code=4)


def test_commands_take_a_channel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, "a.png", COLOURED["rgb.png"])
    save_mask(tmp_path / "output/a.png", CELLS)
    for command in (
        ("describe", str(tmp_path)),
        ("gallery", str(tmp_path), "--profile=quick", f"--out={tmp_path}/g.html"),
        ("distort", str(tmp_path), "--artefact=exposure=2", f"--out={tmp_path}/d"),
    ):
        assert main(command) == 2
        assert "--channel" in capsys.readouterr().err
        assert main((*command, "--channel=green")) == 0
    assert len(list((tmp_path / "d").rglob("*.png"))) == 2
