"""Control characters in untrusted text are shown as escapes."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import DataError, DataWarning
from robustbench_cells.printable import is_printable, printable, printable_lines

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
