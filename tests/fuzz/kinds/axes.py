"""Measured axes: ``measured.toml``."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.datasets.measured_axes import FILE, read_measured_axes
from robustbench_cells.engine.measured import measured_artefacts
from tests.fuzz.kind import KINDS, Kind
from tests.support.measured_set import axis_toml

_ALL = axis_toml({2.0: "b", 4.5: "c"}, scale="log", clean=0.5, artefact=None)
_OF_PHOTONS = axis_toml({30.0: "b"}, name="dim", clean=300, unit="e⁻ at white", artefact="shot_noise", parameter=None)


@KINDS.register
class Axes(Kind):
    """An axis over an artefact, one on a scale of its own, and both."""

    name = "axes"
    share = 800

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        for name, text in {"over": axis_toml({2.0: "b", 4.5: "c"}), "own": _ALL, "both": _ALL + _OF_PHOTONS}.items():
            for images in ("b", "c"):
                (folder / name / images).mkdir(parents=True)
                (folder / name / images / "f0.png").write_bytes(b"an image")
            (folder / name / FILE).write_text(text, encoding="utf-8")

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return measured_artefacts(read_measured_axes(str(folder), None))
