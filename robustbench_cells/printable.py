"""Untrusted text for a terminal, a table or a page: control characters become visible escapes.

An escape sequence moves the cursor of a terminal or retitles its window, a bidirectional override shows a name
backwards, a line separator adds a row to a table. Names come from files and folders of strangers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

_LINE_FEED = "\n"
# Unicode's categories Cc, Cs, Zl and Zp, its bidirectional controls, and invisible format characters; U+200C and
# U+200D, which join letters in Persian, Hindi and others, are not among them
_HIDDEN = (
    "\x00-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f"
)
_ANY = re.compile(f"[{_HIDDEN}]")
_ANY_BUT_LINE_FEED = re.compile(f"(?!{_LINE_FEED})[{_HIDDEN}]")


def is_printable(name: str) -> bool:
    """Whether a name has no control character."""
    return not _ANY.search(name)


def printable(text: str) -> str:
    r"""Replace each control character by its escape, line feeds among them.

    Examples
    --------
    >>> print(printable("\x1b[2Junet\u202e"))
    \x1b[2Junet\u202e
    """
    return _ANY.sub(_escape, text)


def printable_lines(text: str) -> str:
    """The same for text of several lines, which line feeds separate."""
    return _ANY_BUT_LINE_FEED.sub(_escape, text)


def printable_values(value: Any) -> Any:
    """The same value with `printable` texts, in mappings, tuples and dataclasses too; lists become tuples."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {printable_values(name): printable_values(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return tuple(map(printable_values, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: printable_values(getattr(value, one.name)) for one in fields(value)})
    return value


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
