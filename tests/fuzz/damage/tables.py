"""CSV: cells, columns and rows."""

from __future__ import annotations

import csv
import io

import numpy as np

from tests.fuzz.damage._base import DAMAGES, Damage
from tests.fuzz.damage._values import NUMBERS, word


@DAMAGES.register
class Tables(Damage):
    """Replaces or moves cells, and changes columns."""

    name = "table"
    suffixes = (".csv",)

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """See `Damage.apply`."""
        try:
            rows = list(csv.reader(io.StringIO(content.decode())))
        except csv.Error as error:
            raise ValueError from error
        if not rows or not all(rows):
            raise ValueError
        row, other = (rows[rng.integers(len(rows))] for _ in range(2))
        column = int(rng.integers(len(row)))
        way = rng.integers(6)
        if way < 2:
            row[column] = NUMBERS[rng.integers(len(NUMBERS))] if way else word(rng)
        elif way == 2:
            row[column] = other[min(column, len(other) - 1)]
        elif way == 3:
            row.extend([word(rng)] * int(rng.integers(1, 4)))
        elif way == 4:
            rows = [[cell for place, cell in enumerate(one) if place != column] for one in rows]
        else:
            rows[0][min(column, len(rows[0]) - 1)] = rows[0][rng.integers(len(rows[0]))]
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        return text.getvalue().encode("utf-8", "surrogatepass")
