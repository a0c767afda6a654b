"""Text for streams that cannot encode all of it: a console in cp1252, a log in ASCII."""

from __future__ import annotations

import codecs
import unicodedata
from typing import Any

_ALIKE = {
    "×": "x", "…": "...", "–": "-", "—": "-", "·": "-", "⁻": "-", "√": "sqrt ", "µ": "u", "σ": "sigma", "°": "deg",
    "±": "+/-", "→": "->", "∩": "and", "∪": "or",
}  # fmt: skip
_HANDLER = "robustbench_cells.alike"


def use_alike(stream: Any) -> None:
    """Let a text stream write what looks alike where it cannot encode a character (`make_encodable`).

    Parameters
    ----------
    stream
        ``sys.stdout`` or ``sys.stderr``; one that is missing or of another kind stays as it is.
    """
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors=_HANDLER)


def make_encodable(text: str, encoding: str | None) -> str:
    """Replace the characters that an encoding lacks by ones that look alike, by ``?`` where there is none.

    Examples
    --------
    >>> make_encodable("zoom 5 × …", "ascii")
    'zoom 5 x ...'
    """
    known = encoding or "ascii"
    return text.encode(known, _HANDLER).decode(known)


def _look_alike(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_in_ascii, error.object[error.start : error.end])), error.end


def _in_ascii(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return _ALIKE.get(character) or plain or "?"


codecs.register_error(_HANDLER, _look_alike)
