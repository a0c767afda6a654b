"""The options of the benchmark, on the command line and in ini files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from robustbench_cells.pytest_plugin.options import add_options
from tests.support.pytest_runs import bench, records


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rb-dataset", "nowhere"), "nowhere: no such folder or file, and no embedded data set"),
        (("--rb-frames", "two"), "invalid int value: 'two'"),
        (("-o", "rb_frames=two"), "rb_frames = two: a whole number is needed"),
        (("-o", "rb_floor=high"), "rb_floor = high: a number is needed"),
        (("--rb-isolate=maybe",), "--rb-isolate maybe: on or off is needed"),
        (("--rb-model-seconds=0",), "--rb-model-seconds: 0 s is no limit; give a number above 0"),
        (("-o", "rb_model_memory=much"), "rb_model_memory = much: a number is needed"),
        (("--rb-floor", "1.5"), "a floor of 1.5: a Jaccard score between 0 and 1 is needed"),
    ],
)
def test_mistake_ends_the_run_before_it_starts(
    arguments: tuple[str, ...], words: str, refused: Callable[..., str], tmp_path: Path
) -> None:
    output = refused(*arguments)
    assert words in output
    assert "Traceback" not in output
    assert not list(tmp_path.glob("reports/*"))


def test_read_only_folder_is_found_before_the_run(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "reports").touch()
    output = refused("-k", "dog_otsu-clean")
    assert "cannot be written to" in output
    assert "give another folder" in output


def test_ini_keys_replace_options(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nrb_frames = 1\nrb_model =\n  dog_otsu\n  nlm_otsu\nrb_profile = quick\n"
    )
    output = bench(tmp_path, "-c", "pytest.ini", "-k", "clean")
    assert "1 of 8 frames" in output
    assert "3 passed" in output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rb-dataset", "nowhere"), "nowhere: no such folder"),
        (("--rb-dask", "tcp://127.0.0.1:1"), "leave -n out"),
    ],
)
def test_mistake_ends_workers_too(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    output = bench(tmp_path, "-n", "2", "--rb-model", "dog_otsu", *arguments, code=4)
    assert f"ERROR: {words}" in output or words in output
    assert "INTERNALERROR" not in output


def test_grid_of_ones_own(tmp_path: Path) -> None:
    bench(tmp_path, "--rb-model=dog_otsu", "--rb-frames=1", "--rb-artefact=noise=15,5", "--rb-artefact=cell_size")
    table = records(tmp_path)
    levels = {name: sorted(set(rows["intensity"])) for name, rows in table.groupby("artefact")}
    assert levels == {"clean": [0], "noise": [5, 15], "cell_size": [0.5, 0.7, 1, 1.5, 2, 3, 5]}
    run = json.loads((tmp_path / "reports" / "run.json").read_text())
    assert run["settings"]["grids"]["noise"] == [5, 15]
    assert run["tests"]["ran"] == run["tests"]["grid"] == 20


def test_grid_of_ones_own_from_an_ini_file(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_mine(rb_outcome):\n    assert rb_outcome.valid\n")
    pytester.makeini("[pytest]\nrb_model = dog_otsu\nrb_artefact = noise=5,15 illumination=300\n")
    result = pytester.runpytest_subprocess("--collect-only", "-q", "-p", "no:randomly")
    ids = [line.partition("[")[2].rstrip("]") for line in result.outlines if "[" in line]
    assert [one for one in ids if one.startswith("dog_otsu")] == [
        "dog_otsu-clean",
        "dog_otsu-illumination-300",
        "dog_otsu-noise-5",
        "dog_otsu-noise-15",
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("fog", "no artefact is called 'fog'"),
        ("noise=5,x", "--rb-artefact noise=5,x: intensities are numbers with commas between"),
        ("noise=-1", "noise=-1: sigma -1"),
        ("noise=", "--rb-artefact noise=: intensities are numbers"),
    ],
)
def test_unusable_grid_of_ones_own_ends_the_run(
    given: str, words: str, refused: Callable[..., str], tmp_path: Path
) -> None:
    assert words in refused(f"--rb-artefact={given}")
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("given", ["0", "-1.6", "nan", "inf"])
def test_a_pixel_that_no_frame_can_have_is_refused(given: str, refused: Callable[..., str]) -> None:
    words = f"a pixel size of {float(given):g} µm: the side of a pixel of the frames is needed, as in 1.6"
    assert words in refused(f"--rb-pixel-size={given}")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("vignetting=40", "--rb-together vignetting=40: two artefacts with a + between are needed"),
        ("vignetting=120+noise", "vignetting=120: loss 120: must be finite and from 0 to 99"),
        ("fog=1+noise", "no artefact is called 'fog'"),
    ],
)
def test_what_cannot_be_combined_ends_the_run(given: str, words: str, refused: Callable[..., str]) -> None:
    assert words in refused(f"--rb-together={given}")


def test_help_is_in_ascii() -> None:
    """Where stdout cannot encode a character of it, pytest prints the whole help in one line."""
    parser = pytest.Parser(_ispytest=True)
    add_options(parser)
    texts = [str(option.attrs()) for group in parser._groups for option in group.options]
    assert len(texts) >= 20
    assert all(text.isascii() for text in [*texts, str(parser._inidict)])
