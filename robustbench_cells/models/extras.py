"""Optional libraries: which extra of this package brings each, and whether it is installed. None is imported."""

from __future__ import annotations

from importlib.util import find_spec

from robustbench_cells.errors import ModelError

_KERAS = ("keras", "h5py", "tensorflow|jax|torch")  # Keras computes by one of the three
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
    """The first library of an extra, or of several with commas between, that is not installed; mostly none: ``""``."""
    for module in (module for one in extra.split(",") for module in _MODULES.get(one, ())):
        choice = module.split("|")
        if not any(map(_is_installed, choice)):
            return choice[0]
    return ""


def require_extra(what: str, extra: str) -> None:
    """Refuse what needs an extra that is not installed; see `missing_library`.

    Raises
    ------
    ModelError
        If a library is missing; the message names it and how to install it.
    """
    if module := missing_library(extra):
        raise ModelError(f"{what}: needs {module}: {install_line(extra)}")


def install_line(extra: str) -> str:
    """The command that installs an extra."""
    return f"pip install 'robustbench-cells[{extra}]'"


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that the module is in
        return False
    except ValueError:  # imported, by something else than Python's own machinery
        return True
