"""Control characters in untrusted text are shown as escapes."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import DataError, DataWarning
from robustbench_cells.printable import is_printable, printable, printable_lines, printable_values

_BIDIRECTIONAL = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def is_control(character: str) -> bool:
    """By Unicode's own tables."""
    acts = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
    return acts or unicodedata.bidirectional(character) in _BIDIRECTIONAL or character in "\u061c\u200e\u200f"


def test_every_control_character_is_shown_and_no_letter() -> None:
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        shown = printable(character)
        if is_control(character):
            assert shown.startswith("\\"), hex(number)
            assert shown.isascii()
            assert not is_printable(character)
        elif unicodedata.category(character) not in ("Cf", "Cn"):  # of these, some are shown
            assert shown == character, hex(number)


@given(st.text())
def test_what_is_shown_is_printable_and_stays(text: str) -> None:
    shown = printable(text)
    assert is_printable(shown)
    assert printable(shown) == shown
    assert "\n".join(map(printable, text.split("\n"))) == printable_lines(text)


def test_joined_letters_and_emoji_are_left_alone() -> None:
    for name in ("می\u200cخواهم", "क्\u200dष", "é", "e\u0301", "µ-Netz ×2", "👩\u200d🔬"):
        assert printable(name) == name


@pytest.mark.parametrize("kind", [DataError, DataWarning])
def test_messages_show_what_they_quote(kind: type[Exception]) -> None:
    assert str(kind("frame \x1b[2J\u202e is damaged;\nrename it")) == "frame \\x1b[2J\\u202e is damaged;\nrename it"


@dataclass(frozen=True)
class _Named:
    name: str
    values: object
    number: float = 0.5


@given(st.text())
def test_every_text_of_a_value_is_shown_wherever_it_is(text: str) -> None:
    shown = printable(text)
    nested = printable_values(_Named(text, {text: [text, (text, 1, None)]}))
    assert nested == _Named(shown, {shown: (shown, (shown, 1, None))})


def test_what_is_no_text_stays_as_it_is() -> None:
    for value in (1, 1.5, None, True, b"\x1b", _Named):  # a class is no value of its fields
        assert printable_values(value) is value
