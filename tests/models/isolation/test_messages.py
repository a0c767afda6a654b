"""What a model may write into the channel, and what the run makes of it."""

from __future__ import annotations

import json
import pickle
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import DeclarationWarning, ModelError, ModelStoppedError
from robustbench_cells.models.isolation.messages import (
    MAX_BYTES,
    WARNINGS,
    Answer,
    Job,
    MessageError,
    ModelReference,
    RemoteError,
    Request,
    Work,
)
from robustbench_cells.types import Runner

THEIRS = ModelReference("some/theirs.onnx", trusted=False, is_data=True)


@given(
    st.builds(
        Request,
        st.integers(0, 2**40),
        st.builds(
            Work,
            st.sampled_from(Job),
            st.builds(ModelReference, st.text(), st.booleans(), st.booleans(), st.text()),
            st.tuples(st.integers(0, 99), st.integers(1, 999), st.integers(1, 999)),
            st.none() | st.integers(0, 200),
        ),
    )
)
def test_request_comes_back(request_: Request) -> None:
    assert Request.decode(request_.encode()) == request_


def test_answer_comes_back() -> None:
    runner = Runner("onnxruntime", "1.0", "CPU", 2)
    error = RemoteError("ModelError", "net.onnx: is damaged", "Traceback …")
    whole = Answer(7, "ab12", ("a.bin",), True, runner, (("DataWarning", "odd"),), error, "watershed", True)
    assert Answer.decode(whole.encode()) == whole
    assert Answer.decode(Answer(0).encode()) == Answer(0)


ILL = {
    "pickle": pickle.dumps({"number": 1}),
    "no JSON": b"{",
    "no object": b"[]",
    "no number": b"{}",
    "a huge number": b'{"number": ' + b"9" * 5000 + b"}",
    "deep nesting": b"[" * 200_000,
    "unknown instances": b'{"number": 1, "instances": "magic"}',
    "unknown key": b'{"number": 1, "eval": "1"}',
    "a number for a digest": b'{"number": 1, "digest": 3}',
    "an endless digest": json.dumps({"number": 1, "digest": "a" * 2000}).encode(),
    "a runner without threads": b'{"number": 1, "runner": {"library": "a", "version": "b", "provider": "c"}}',
    "a warning of three": b'{"number": 1, "warnings": [["a", "b", "c"]]}',
    "not UTF-8": b'{"number": 1, "digest": "\xff"}',
}


@pytest.mark.parametrize("content", ILL.values(), ids=ILL)
def test_anything_else_is_no_answer(content: bytes) -> None:
    with pytest.raises(MessageError):
        Answer.decode(content)


@given(st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode))
def test_no_content_raises_anything_else(content: bytes) -> None:
    with suppress(MessageError):
        Answer.decode(content)


class TheirsError(Exception):
    """An exception of a model's own code."""


ERRORS: list[tuple[Exception, type[Exception], str]] = [
    (ModelError("net.onnx: is damaged"), ModelError, "net.onnx: is damaged"),
    (ModelStoppedError("stopped"), ModelStoppedError, "stopped"),
    (ValueError("three channels"), ValueError, "three channels"),
    (ZeroDivisionError("division by zero"), ZeroDivisionError, "division by zero"),
    (TheirsError("own"), RuntimeError, "TheirsError: own"),
    (KeyError("weights"), RuntimeError, "KeyError: 'weights'"),
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"), RuntimeError, "UnicodeDecodeError: "),
]


@pytest.mark.parametrize(("error", "kind", "text"), ERRORS, ids=lambda value: str(value)[:20])
def test_error_is_one_of_a_fixed_list_with_its_text(error: Exception, kind: type, text: str) -> None:
    found = RemoteError.of(error).exception()
    assert type(found) is kind
    assert str(found).startswith(text)


def test_traceback_of_the_model_is_the_cause() -> None:
    def deep_within() -> None:
        raise ValueError("own")

    try:
        deep_within()
    except ValueError as error:
        found = RemoteError.of(error).exception()
    assert "deep_within" in str(found.__cause__)


def test_text_of_an_error_drives_no_terminal_and_is_bounded() -> None:
    found = str(RemoteError.of(ValueError("\x1b[31m\a\n\u202e" + "x" * 10**6)).exception())
    assert found.startswith("\\x1b[31m\\x07\n\\u202exx")
    assert len(Answer(1, error=RemoteError.of(ValueError("é" * 10**6))).encode()) < MAX_BYTES


def test_what_the_run_stores_of_an_answer_is_one_printable_line() -> None:
    odd = "1\x1b\n\u202e\ud800"
    answer = Answer.decode(Answer(1, odd, runner=Runner(odd, odd, odd, 1)).encode())
    assert answer.runner
    assert {answer.digest, answer.runner.library, answer.runner.version, answer.runner.provider} == {
        "1\\x1b\\n\\u202e\\ud800"
    }


def test_kind_that_is_no_exception_of_the_list_is_a_runtime_error() -> None:
    for kind in ("SystemExit", "KeyboardInterrupt", "InputWarning", "refuse_exits", "__import__"):
        assert type(RemoteError(kind, "", "").exception()) is RuntimeError


def test_warnings_are_those_about_input() -> None:
    assert WARNINGS["DeclarationWarning"] is DeclarationWarning
    assert all(issubclass(kind, Warning) for kind in WARNINGS.values())
    many: Any = [("InputWarning", str(number)) for number in range(1000)]
    assert len(Answer.decode(Answer(1, warnings=many).encode()).warnings) == 20


def test_model_is_named_by_its_file() -> None:
    assert THEIRS.name == "theirs.onnx"
    assert ModelReference("package.module:predict", trusted=True).name == "package.module:predict"


@pytest.mark.parametrize(("shape", "words"), [((16, 256, 256), "for a batch"), ((40, 256, 256), "for 3 batches")])
def test_work_is_counted_in_batches(shape: tuple[int, ...], words: str) -> None:
    assert Work(Job.PREDICT, THEIRS, shape).describe() == words
    assert Work(Job.LOAD, THEIRS).describe() == "to load"
