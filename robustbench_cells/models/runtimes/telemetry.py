"""Refusal of the usage reports that libraries send to their vendors."""

from __future__ import annotations

import os
import sys


def disable_telemetry() -> None:
    """Keep onnxruntime and OpenVINO from reporting their use; takes effect before they are first imported.

    From version 1.29 on, onnxruntime writes an identifier into the home folder when it is imported, and sends the names
    of graphs' files to its vendor. OpenVINO does the like by ``openvino_telemetry``, and works without that package. A
    value that is already in the environment takes precedence.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # importing it raises ImportError
