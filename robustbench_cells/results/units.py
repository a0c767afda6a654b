"""Units of intensities as people read them: µm beside px where the side of a pixel is known."""

from __future__ import annotations

from dataclasses import dataclass

PIXELS = "px"


@dataclass(frozen=True)
class Unit:
    """The unit of an intensity.

    Attributes
    ----------
    name
        Name, as the artefact declares it.
    pixel_size
        Side of a pixel of the frames in µm; None where it is not known. It matters to lengths in px alone.
    """

    name: str
    pixel_size: float | None = None

    @property
    def label(self) -> str:
        """What stands at an axis or over a column."""
        return f"{self.name}, 1 px = {self.pixel_size:g} µm" if self._has_length else self.name

    def amount(self, level: float) -> str:
        """An intensity with its unit, ``4 px (6.4 µm)``."""
        return f"{level:g} {self.name}".rstrip() + self._lengths(level)

    def level(self, level: float) -> str:
        """An intensity where the unit stands elsewhere, ``4 (6.4 µm)``."""
        return f"{level:g}{self._lengths(level)}"

    def span(self, low: float, high: float, word: str) -> str:
        """Two intensities with a word between, ``2 and 4 px (3.2 and 6.4 µm)``."""
        return f"{low:g} {word} {high:g} {self.name}".rstrip() + self._lengths(low, high, word=word)

    def levels(self, low: float, high: float, word: str) -> str:
        """The same where the unit stands elsewhere, ``2 and 4 (3.2 and 6.4 µm)``."""
        return f"{low:g} {word} {high:g}{self._lengths(low, high, word=word)}"

    @property
    def _has_length(self) -> bool:
        return self.pixel_size is not None and self.name == PIXELS

    def _lengths(self, *levels: float, word: str = "") -> str:
        if self.pixel_size is None or not self._has_length:
            return ""
        return f" ({f' {word} '.join(f'{level * self.pixel_size:.4g}' for level in levels)} µm)"
