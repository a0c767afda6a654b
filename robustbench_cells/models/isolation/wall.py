"""The limits of a model's process, and what it inherits from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass

import psutil

from robustbench_cells.errors import ModelError

GIBIBYTE = 2**30
_SECONDS = 120.0
_MEMORY = 4.0  # GiB; Keras with the paper's U-Net takes 1.1, OpenVINO 0.5, onnxruntime 0.3
_MOST_OF_MACHINE = 0.75  # share of the machine's memory that no process of models exceeds

_INHERITED = {
    "CONDA_PREFIX", "CUDA_VISIBLE_DEVICES", "DYLD_LIBRARY_PATH", "HF_HOME", "HOME", "KERAS_BACKEND", "KERAS_HOME",
    "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "LOGNAME", "MPLCONFIGDIR", "PATH", "SHELL", "TERM", "TORCH_HOME", "TZ",
    "USER", "VIRTUAL_ENV",
}  # fmt: skip
_INHERITED_FAMILIES = (  # of libraries; not TF_ as a whole, for TF_TOKEN_… and TF_VAR_… are Terraform's credentials
    "CUDA_", "CUDNN_", "GOMP_", "KMP_", "LC_", "MALLOC_", "MKL_", "NUMBA_", "NUMEXPR_", "OMP_", "ONEDNN_", "OPENBLAS_",
    "OPENCV_", "ORT_", "PYTHON", "TF_CPP_", "TF_CUDNN_", "TF_DETERMINISTIC_", "TF_DISABLE_", "TF_ENABLE_", "TF_FORCE_",
    "TF_GPU_", "TF_NUM_", "TF_USE_", "TF_XLA_", "VECLIB_", "XLA_",
)  # fmt: skip
_SECRETS = ("AUTH", "CREDENTIAL", "KEY", "PASSWD", "PASSWORD", "SECRET", "TOKEN")


@dataclass(frozen=True)
class Wall:
    """What stands between a run and the models that its user brings.

    Attributes
    ----------
    isolate
        Whether such models live in processes of their own; if not, there are no limits.
    seconds
        Time that loading a model, and each batch, may take.
    memory
        Memory that a model and the libraries that run it may take, in GiB; at most three quarters of the machine's.
    environment
        Names of environment variables that the processes inherit besides those of the list.

    Raises
    ------
    ModelError
        If a limit is not a number above 0.
    """

    isolate: bool = True
    seconds: float = _SECONDS
    memory: float = _MEMORY
    environment: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for option, value, unit in (("seconds", self.seconds, "s"), ("memory", self.memory, "GiB")):
            if not 0 < value < float("inf"):
                raise ModelError(f"--rb-model-{option}: {value:g} {unit} is no limit; give a number above 0")

    @property
    def memory_bytes(self) -> int:
        """The limit on memory in bytes."""
        return int(min(self.memory * GIBIBYTE, machine_limit()))

    def inherited_environment(self) -> dict[str, str]:
        """The variables that a process of models gets: no credentials, no address of a store."""
        return {name: value for name, value in os.environ.items() if name in self.environment or _is_harmless(name)}


def machine_limit() -> int:
    """Bytes that no process of models may have, whatever its models are allowed."""
    return int(_MOST_OF_MACHINE * psutil.virtual_memory().total)


def _is_harmless(name: str) -> bool:
    is_listed = name in _INHERITED or name.startswith(_INHERITED_FAMILIES)
    return is_listed and not any(word in name.upper() for word in _SECRETS)
