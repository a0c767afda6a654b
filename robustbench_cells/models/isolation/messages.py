"""What goes between a run and a process of models: requests and answers as JSON, never as pickles.

A model's code may write anything into the channel, so an answer is bounded, validated by a schema, and can name only
exceptions and warnings of a fixed list.
"""

from __future__ import annotations

import builtins
import json
import os
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from math import ceil, prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from robustbench_cells import errors
from robustbench_cells.instances.rules import InstanceKind
from robustbench_cells.printable import printable, printable_lines
from robustbench_cells.types import BATCH, PATCH_SIDE, Runner

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

MAX_BYTES = 2**22  # of one message
_BATCH_PIXELS = BATCH * PATCH_SIDE**2
_MAX_TEXT = 8000  # characters of an error, of a traceback
_MAX_WARNINGS = 20
_TEXT = {"type": "string", "maxLength": 4 * _MAX_TEXT}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**53}
_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["number"],
    "properties": {
        "number": _NUMBER,
        "digest": {"type": "string", "maxLength": 1000},
        "files": {"type": "array", "items": _TEXT, "maxItems": 10_000},
        "predicts_whole": {"type": "boolean"},
        "instances": {"enum": [None, *get_args(InstanceKind)]},
        "labels": {"type": "boolean"},
        "runner": {
            "type": ["object", "null"],
            "additionalProperties": False,
            "required": ["library", "version", "provider", "threads"],
            "properties": {**dict.fromkeys(("library", "version", "provider"), _TEXT), "threads": _NUMBER},
        },
        "warnings": {
            "type": "array",
            "maxItems": _MAX_WARNINGS,
            "items": {"type": "array", "prefixItems": [_TEXT, _TEXT], "minItems": 2, "maxItems": 2},
        },
        "error": {
            "type": ["object", "null"],
            "additionalProperties": False,
            "required": ["kind", "text", "trace"],
            "properties": dict.fromkeys(("kind", "text", "trace"), _TEXT),
        },
    },
}

_OURS = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
_PLAIN = (  # exceptions of Python that are made of one text
    "ArithmeticError", "AssertionError", "AttributeError", "EOFError", "FileNotFoundError", "ImportError", "IndexError",
    "LookupError", "MemoryError", "ModuleNotFoundError", "NameError", "NotImplementedError", "OSError", "OverflowError",
    "PermissionError", "RecursionError", "RuntimeError", "TypeError", "ValueError", "ZeroDivisionError",
)  # fmt: skip
_EXCEPTIONS: dict[str, type[Exception]] = {
    **{name: getattr(builtins, name) for name in _PLAIN},
    **{name: kind for name, kind in _OURS.items() if issubclass(kind, errors.RobustbenchError)},
}
WARNINGS: dict[str, type[Warning]] = {
    name: kind for name, kind in _OURS.items() if issubclass(kind, errors.InputWarning)
}


class MessageError(Exception):
    """What came is no message."""


class Job(StrEnum):
    """What a process of models is asked to do with a model."""

    IDENTIFY = "identify"
    LOAD = "load"
    PREDICT = "predict"


@dataclass(frozen=True)
class ModelReference:
    """A model as its user named it.

    Attributes
    ----------
    source
        Path or reference, as for ``--rb-model``.
    trusted
        Whether it may execute code of its own.
    is_data
        Whether it is of a format that executes no code.
    plugin
        Module that registers its format, if that is not one of ours.
    """

    source: str
    trusted: bool
    is_data: bool = False
    plugin: str = ""

    @property
    def name(self) -> str:
        """Name of its file, or the reference, for messages."""
        return Path(self.source).name if os.sep in self.source else self.source


@dataclass(frozen=True)
class Work:
    """What is to be done with a model.

    Attributes
    ----------
    job, model
        What, and with which model.
    shape
        Shape of the images in the shared memory, (N, H, W) or (N, H, W, C).
    halo
        Discarded border in pixels, if whole frames are to be predicted (`NetworkSegmenter.predict_whole`).
    """

    job: Job
    model: ModelReference
    shape: tuple[int, ...] = ()
    halo: int | None = None

    @property
    def batches(self) -> int:
        """Number of batches of patches that the images have the size of; 1 where there are none."""
        return max(1, ceil(prod(self.shape[:3]) / _BATCH_PIXELS))

    def describe(self) -> str:
        """Tell what was asked for, after 'took a minute' and the like."""
        if self.job is not Job.PREDICT:
            return "to load"
        return "for a batch" if self.batches == 1 else f"for {self.batches} batches"


@dataclass(frozen=True)
class Request:
    """Work with a number, which its answer repeats."""

    number: int
    work: Work

    def encode(self) -> bytes:
        """The request as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, content: bytes) -> Request:
        """Read what `encode` wrote; it comes from the run, and is not validated."""
        found = json.loads(content)
        work = found["work"]
        model = ModelReference(**work["model"])
        return cls(found["number"], Work(Job(work["job"]), model, tuple(work["shape"]), work["halo"]))


@dataclass(frozen=True)
class RemoteError:
    """An exception: the name of its class, its text, and where it was raised."""

    kind: str
    text: str
    trace: str

    @classmethod
    def of(cls, error: Exception) -> RemoteError:
        """Describe an exception."""
        trace = "".join(traceback.format_exception(error))
        name, text = type(error).__name__, str(error)
        if _EXCEPTIONS.get(name) is not type(error):
            name, text = "RuntimeError", f"{name}: {text}"
        return cls(name, _shortened(text), _shortened(trace))

    def exception(self) -> Exception:
        """The exception, with its traceback as the cause."""
        error = _EXCEPTIONS.get(self.kind, RuntimeError)(printable_lines(self.text))
        error.__cause__ = ModelTraceback(printable_lines(self.trace))
        return error


class ModelTraceback(Exception):  # noqa: N818 - it is raised by nobody
    """Where a model raised, in its own process."""

    def __str__(self) -> str:
        return f"in the model's own process:\n{super().__str__()}"


@dataclass(frozen=True)
class Answer:
    """What came of a request.

    Attributes
    ----------
    number
        Number of the request; 0 when the process has started.
    digest, files
        Digest of the model, and the paths of its files besides the first.
    predicts_whole, runner
        Whether it predicts whole frames, and what runs it.
    instances
        What the cells of its predictions are (see `Segmenter`); None where that is not known.
    labels
        Whether the prediction that was asked for is labels.
    warnings
        Category and text of each warning of this package.
    error
        What it raised, if anything.
    """

    number: int
    digest: str = ""
    files: Sequence[str] = ()
    predicts_whole: bool = False
    runner: Runner | None = None
    warnings: Sequence[tuple[str, str]] = ()
    error: RemoteError | None = None
    instances: InstanceKind | None = None
    labels: bool = False

    def encode(self) -> bytes:
        """The answer as JSON."""
        return json.dumps({**asdict(self), "warnings": list(self.warnings)[:_MAX_WARNINGS]}).encode()

    @classmethod
    def decode(cls, content: bytes) -> Answer:
        """Read an answer.

        Raises
        ------
        MessageError
            If it is none.
        """
        from jsonschema import ValidationError

        try:
            found: Any = json.loads(content)
            _validator().validate(found)
        except (ValueError, RecursionError, ValidationError) as error:
            raise MessageError(f"{type(error).__name__} in what it answered") from error
        runner, error_ = found.pop("runner", None), found.pop("error", None)
        if runner:
            runner = Runner(
                **{name: printable(text) for name, text in runner.items() if name != "threads"},
                threads=runner["threads"],
            )
        return cls(
            found["number"],
            printable(found.get("digest", "")),
            tuple(found.get("files", ())),
            found.get("predicts_whole", False),
            runner,
            tuple((category, text) for category, text in found.get("warnings", ())),
            error_ and RemoteError(**error_),
            found.get("instances"),
            found.get("labels", False),
        )


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # takes long to import, and a process of models needs it for nothing

    return Draft202012Validator(_SCHEMA)


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT // 2]} … {text[-_MAX_TEXT // 2 :]}"
