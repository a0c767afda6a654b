"""The command that fills model cards in."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from robustbench_cells.api.fill_card import describe_scores
from robustbench_cells.files.checksums import sha256
from robustbench_cells.models.card import card_path, write_card
from robustbench_cells.models.formats import onnx_file
from robustbench_cells.models.loading import identify
from robustbench_cells.results.storage import save
from robustbench_cells.results.tables import Results, records_table
from tests.support.commands import card
from tests.support.gate_runs import BASELINE
from tests.support.networks import convolution, onnx_graph
from tests.support.tiny_results import RECORDS, RUN


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "good.keras"
    path.write_bytes(b"weights")
    facts = {"name": "good", "sha256": sha256(path), "data": {"train": "a/train"}}
    write_card(card_path(path), facts)
    run = replace(RUN, segmenters={**RUN.segmenters, "good": facts["sha256"]})
    save(Results(records_table(RECORDS), run), tmp_path / "reports")
    return path


def test_texts_and_scores_go_into_the_card(model: Path, tmp_path: Path) -> None:
    about = tmp_path / "about.toml"
    about.write_text('[use]\nlimits = "phase contrast"\n[data]\ncitation = "them"\n')
    reports = f"border={tmp_path / 'reports'}"
    for _ in range(2):  # the second time changes nothing
        assert card([str(model), "--about", str(about), "--results", reports]) == 0
        filled = tomllib.loads(card_path(model).read_text())
        assert filled["data"] == {"train": "a/train", "citation": "them"}
        assert filled["use"]["limits"] == "phase contrast"
        border = filled["results"]["border"]
        assert border["command"] == RUN.command
        assert border["noise"] == [
            {"sigma": 50.0, "jaccard": 0.7, "precision": 0.9, "cells_predicted": 8, "cells_true": 8}
        ]
        assert border["clean"][0]["jaccard"] == 0.9
    assert filled["sha256"] == sha256(model)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--results", "reports"], "--results reports: NAME=FOLDER is needed"),
        (["--results", "border=nowhere"], "no stored results"),
        (["--about", "nowhere.toml"], "nowhere.toml: no such file"),
    ],
)
def test_mistakes_are_said_in_words_and_the_card_stays(
    model: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = card_path(model).read_text()
    assert card([str(model), *arguments]) == 2
    assert words in capsys.readouterr().err
    assert card_path(model).read_text() == before


def test_scores_of_another_file_are_refused(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    border = f"border={tmp_path / 'reports'}"
    for facts in ({"sha256": "0" * 64}, {}):
        model.write_bytes(b"other weights")
        write_card(card_path(model), facts)
        assert card([str(model), "--results", border]) == 2
    said = capsys.readouterr().err
    assert "if it was replaced, write a new card" in " ".join(said.split())
    assert "the results called 'border' are not of this file" in said
    card_path(model).unlink()
    assert card([str(model), "--results", border]) == 2
    assert "good.toml: no such card; one is written when a model is trained" in capsys.readouterr().err


def test_digest_is_computed_in_a_process_of_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
    path = tmp_path / "good.onnx"
    graph = onnx_graph(*convolution())
    onnx.save_model(graph, path, save_as_external_data=True, location="w.data", size_threshold=0)
    write_card(card_path(path), {"name": "good"})
    run = replace(RUN, segmenters={**RUN.segmenters, "good": identify(str(path), trusted=False)})
    save(Results(records_table(RECORDS), run), tmp_path / "reports")
    monkeypatch.setattr(onnx_file, "external_files", lambda path: pytest.fail("parsed in the process of the command"))
    assert card([str(path), "--results", f"border={tmp_path / 'reports'}"]) == 0
    assert "border" in tomllib.loads(card_path(path).read_text())["results"]
    (tmp_path / "w.data").write_bytes((tmp_path / "w.data").read_bytes()[::-1])
    assert card([str(path), "--results", f"border={tmp_path / 'reports'}"]) == 2
    assert "are not of this file" in capsys.readouterr().err


def test_a_score_has_its_interval() -> None:
    (clean,) = describe_scores(BASELINE, "unet")["clean"]
    assert clean["jaccard_low"] < clean["jaccard"] < clean["jaccard_high"]
