"""Model formats: one file each."""

from robustbench_cells.models.formats._base import FORMATS, ModelFormat, require_trust

__all__ = ["FORMATS", "ModelFormat", "require_trust"]
