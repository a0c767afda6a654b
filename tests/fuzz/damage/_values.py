"""Numbers, strings and file contents that challenge loaders."""

from __future__ import annotations

from typing import Any

import numpy as np

INTEGERS = (0, 1, -1, 2, 127, 255, 256, 2**15, 2**16 - 1, 2**20, 2**31 - 1, 2**31, 2**32 - 1, 2**33, 2**63 - 1, 2**64)
NUMBERS = (
    "0", "-1", "1e999", "-1e999", "nan", "NaN", "Infinity", "1e308", "1e-320", "0.5", "-0", "00", "2147483648",
    "9223372036854775807", "18446744073709551616", "9" * 400, "1" * 5000, "1_0", "0x10", "+1", "१२", "",
)  # fmt: skip
TEXTS = (
    "", " ", ".", "..", "/", "/etc/passwd", "../../outside", "..\\..\\outside", "C:\\a", "a\0b", "a\nb", "\x1b[2J", "é",
    "e\u0301", "\u202e", "\U0001f9ea", "\ud800", "x" * 300, "x" * 70_000, "%s%n{0}", "<script>alert(1)</script>",
    "=1+1", '"', "'", "`", "\\", "null", "true", "nan", "http://127.0.0.1:9/a", "file:///etc/passwd", "con", "-", "|O",
    "O", "clean", "background", "float128", "Lambda", "builtins", "os.system", "__class__",
)  # fmt: skip
CONTENTS = (
    b"", b"\0", b"\0" * 4096, b"\xff" * 4096, b"\n", b"{}", b"[]", b"null", b"[" * 100_000, b'{"a":' * 50_000,
    b"a=" * 9, b"[a]\n" * 3, b"&a [*a]", b"a: &a [x]\nb: [*a, *a]\n", b"PK\5\6" + b"\0" * 18, b"PK\3\4",
    b"GIF89a\1\0\1\0",
    b"%!PS-Adobe-3.0 EPSF-3.0\n(x) run\n", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0",
    b"\x89PNG\r\n\x1a\n",
    b"\x89HDF\r\n\x1a\n", b"\x93NUMPY\1\0", b"\x1f\x8b\x08\0", b"SQLite format 3\0", b"\x80\4.",
    b"cos\nsystem\n(S'true'\ntR.",
    b"\x7fELF", b"image,mask\n", b"\xef\xbb\xbf", b"\xff\xfe", b"<?xml version='1.0'?><net/>", b"BM", b"\x08\x09",
)  # fmt: skip


def extreme(rng: np.random.Generator) -> int:
    """Draw an integer at or near an edge case."""
    return int(INTEGERS[rng.integers(len(INTEGERS))]) + int(rng.integers(-1, 2))


def word(rng: np.random.Generator) -> str:
    """Draw a string."""
    return TEXTS[rng.integers(len(TEXTS))]


def value(rng: np.random.Generator) -> Any:
    """Draw any value of JSON, TOML and YAML, and others."""
    choice = rng.integers(10)
    if choice < 3:
        return extreme(rng)
    if choice < 6:
        return word(rng)
    nested: Any = 0
    for _ in range(int(rng.choice([3, 100]))):
        nested = [nested]
    others = (
        None,
        True,
        False,
        [],
        {},
        float("nan"),
        float("inf"),
        -0.0,
        1e308,
        0.5,
        nested,
        ["a"] * 3000,
        [[]],
        {"": 0},
    )
    return others[rng.integers(len(others))]
