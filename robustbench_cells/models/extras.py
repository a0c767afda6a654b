"""Extras of this package: the libraries that each installs, and whether they are installed; none is imported."""

from __future__ import annotations

from importlib.util import find_spec

from robustbench_cells.errors import ModelError

_KERAS = ("keras", "h5py", "tensorflow|jax|torch")  # one of the three backends
_ONNX = ("onnx", "onnxruntime")
_MODULES = {
    "bioimageio": ("bioimageio.core", *_ONNX),
    "cellpose": ("cellpose",),
    "export": (*_KERAS, *_ONNX, "tf2onnx"),
    "keras": _KERAS,
    "onnx": _ONNX,
    "openvino": ("openvino",),
    "stardist": ("stardist", "csbdeep", "tensorflow"),
}


def missing_library(extra: str) -> str:
    """Find the first library of an extra (or of several, comma-separated) that is not installed; ``""`` if none."""
    for module in (module for name in extra.split(",") for module in _MODULES.get(name, ())):
        alternatives = module.split("|")
        if not any(map(_is_installed, alternatives)):
            return alternatives[0]
    return ""


def require_extra(what: str, extra: str) -> None:
    """Check that an extra is installed; ``what`` needs it.

    Raises
    ------
    ModelError
        If a library is missing; the message names it and the command to install it.
    """
    if module := missing_library(extra):
        raise ModelError(f"{what}: needs {module}: {install_line(extra)}")


def install_line(extra: str) -> str:
    """Format the command that installs an extra."""
    return f"pip install 'robustbench-cells[{extra}]'"


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the parent package is missing too
        return False
    except ValueError:  # imported without a module spec
        return True
