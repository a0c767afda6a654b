"""The limits of a model's process, and what it inherits from the environment."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import psutil

from robustbench_cells.errors import ModelError
from robustbench_cells.models.isolation.machine import machine_memory

GIBIBYTE = 2**30
_SECONDS = 120.0
_MEMORY = 4.0  # GiB; Keras with the paper's U-Net takes 1.1, OpenVINO 0.5, onnxruntime 0.3
_MOST_OF_MACHINE = 0.75  # share of the memory that no process of models exceeds

INHERITED = (
    "ALL_PROXY", "CONDA_PREFIX", "CURL_CA_BUNDLE", "DYLD_LIBRARY_PATH", "HOME", "HTTPS_PROXY", "HTTP_PROXY", "LANG",
    "LANGUAGE", "LD_LIBRARY_PATH", "LOGNAME", "MPLCONFIGDIR", "NO_PROXY", "PATH", "REQUESTS_CA_BUNDLE", "SHELL",
    "SSL_CERT_DIR", "SSL_CERT_FILE", "TERM", "TZ", "USER", "VIRTUAL_ENV", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
)  # fmt: skip
INHERITED_FAMILIES = (  # of libraries; not TF_ as a whole, for TF_TOKEN_… and TF_VAR_… are Terraform's credentials
    "CELLPOSE_", "CUBLAS_", "CUDA_", "CUDNN_", "GOMP_", "HF_", "HIP_", "HSA_", "JAX_", "KERAS_", "KMP_", "LC_",
    "MALLOC_", "MIOPEN_", "MKL_", "NUMBA_", "NUMEXPR_", "NVIDIA_", "OMP_", "ONEDNN_", "OPENBLAS_", "OPENCV_",
    "OPENVINO_", "ORT_", "PYTHON", "PYTORCH_", "ROCR_", "TBB_", "TF_CPP_", "TF_CUDNN_", "TF_DETERMINISTIC_",
    "TF_DISABLE_", "TF_ENABLE_", "TF_FORCE_", "TF_GPU_", "TF_NUM_", "TF_USE_", "TF_XLA_", "TORCH", "TRANSFORMERS_",
    "TRITON_", "VECLIB_", "XLA_",
)  # fmt: skip
SECRETS = ("AUTH", "CREDENTIAL", "KEY", "PASSWD", "PASSWORD", "SECRET", "TOKEN")
_USER_OF_ADDRESS = re.compile(r"(^|://)[^/\s]*@")


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
        Memory that a model and the libraries that run it may take, in GiB; at most three quarters of what the
        machine or its container has.
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

    @property
    def is_bounded_by_machine(self) -> bool:
        """Whether the limit on memory is lower than was asked for."""
        return self.memory_bytes < int(self.memory * GIBIBYTE)

    def inherited_environment(self) -> dict[str, str]:
        """The variables that a process of models gets: no credentials, no address of a store."""
        return {
            name: value
            for name, value in os.environ.items()
            if name in self.environment or (_is_harmless(name) and not _USER_OF_ADDRESS.search(value))
        }


def machine_limit() -> int:
    """Bytes that no process of models may have, whatever its models are allowed."""
    return int(_MOST_OF_MACHINE * machine_memory())


def system_limit() -> int:
    """Bytes beyond which the system refuses memory; it counts what a library reserves and never uses, too."""
    return int(_MOST_OF_MACHINE * psutil.virtual_memory().total)


def _is_harmless(name: str) -> bool:
    is_listed = name.upper() in INHERITED or name.startswith(INHERITED_FAMILIES)  # proxies in lower case, too
    return is_listed and not any(word in name.upper() for word in SECRETS)
