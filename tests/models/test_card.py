"""Model cards: their place, their schema, and the weights that they name."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import card_path, read_card, write_card
from robustbench_cells.models.loading import load_segmenter
from tests.support.networks import save_tiny_network


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"input": {"chanels": 3}}, r"input: .*'chanels' was unexpected\); allowed: layout, channels, "),
        ({"input": {"halo": 3}}, "input: 'side' is a dependency of 'halo'"),
        ({"output": {"kind": "softmax"}}, r"output\.kind: 'softmax' is not one of"),
        (
            {"output": {"instances": "labels"}},
            r"output\.instances: 'labels' is not one of \['components', 'watershed'\]",
        ),
        ({"input": {"channels": 10**9}}, r"input\.channels: .*greater than the maximum"),
        ({"input": {"channels": ["red"]}}, r"input\.channels: .*too short"),
        ({"input": {"channels": ["red", "red"]}}, r"input\.channels: .*non-unique"),
        ({"sha256": "12"}, "sha256: '12' does not match"),
        ({"training": 3}, "training: 3 is not of type 'object'"),
        ({"input": {"range": [0, 10**400]}}, "input.range.1: "),
        ({"inputs": {"range": [0, 1]}}, r"the card: .*\('inputs' was unexpected\)"),
    ],
)
def test_card_that_violates_the_schema_is_refused(card: dict[str, Any], message: str, tmp_path: Path) -> None:
    write_card(tmp_path / "mine.toml", card)
    with pytest.raises(ModelError, match=rf"mine\.toml: {message}"):
        read_card(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a." * 2**17 + "a = 1", "line 1 has more than 100 dots"),
        ("[" + "a." * 101 + "a]\n" + "a = 1\n" * 2**15, "line 1 has more than 100 dots"),
        ('"=".' * 101 + "a = 1", "line 1 has more than 100 dots"),
        ("\n" * 2**19 + "\n", "has 524289 bytes, more than the 524288 allowed"),
        ("input = " + "[" * 2**18, "is not TOML"),
        ("input = " + "{a=" * 2**17, "is not TOML"),
        ("name = 0x" + "f" * 2**18, "is not TOML .*digits"),
        ("authors = [" + "1," * 2**17 + "]", r"authors\.0: 1 is not of type 'string'"),
    ],
    ids=["key", "header", "quoted key", "size", "arrays", "tables", "number", "list"],
)
def test_a_card_that_would_take_long_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text[: 2**19 + 1])
    with pytest.raises(ModelError, match=rf"mine\.toml: {message}"):
        read_card(tmp_path / "mine.toml")


def test_a_card_may_have_a_text_with_many_dots(tmp_path: Path) -> None:
    card = {"training": {"command": "pytest " + "0.5," * 200}, "data": {"levels": [0.5] * 200}}
    write_card(tmp_path / "mine.toml", card)
    assert read_card(tmp_path / "mine.toml") == card


def test_card_with_the_full_name_takes_precedence(tmp_path: Path) -> None:
    model = tmp_path / "mine.onnx"
    assert card_path(model) == tmp_path / "mine.toml"
    assert card_path(Path()).name == f"{Path.cwd().name}.toml"
    (tmp_path / "mine.onnx.toml").touch()
    assert card_path(model) == tmp_path / "mine.onnx.toml"


def test_card_that_names_other_weights_or_is_not_toml_is_refused(tmp_path: Path) -> None:
    path = save_tiny_network(tmp_path / "fresh.keras", seed=3)
    write_card(card_path(path), {"name": "fresh", "sha256": load_segmenter(str(path)).digest})
    load_segmenter(str(path))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more", "bytes")
    with pytest.raises(ModelError, match=r"but its card fresh\.toml says .*damaged, restore it"):
        load_segmenter(str(path))
    for text in ("not = toml = at all", f"number = {'1' * 5000}"):
        card_path(path).write_text(text)
        with pytest.raises(ModelError, match=r"fresh\.toml: is not TOML"):
            load_segmenter(str(path))
