"""What models write, in the log."""

from __future__ import annotations

import os
import threading

import pytest

from robustbench_cells.models.isolation.output import OutputLog


def logged(content: bytes, caplog: pytest.LogCaptureFixture) -> tuple[list[str], OutputLog]:
    read, write = os.pipe()
    log = OutputLog()
    log.begin("theirs.onnx")
    reader = threading.Thread(target=log.read, args=(read,))
    reader.start()
    with os.fdopen(write, "wb") as end:
        end.write(content)
    reader.join()
    os.close(read)
    return [record.getMessage() for record in caplog.records], log


def test_lines_have_the_name_of_the_model(caplog: pytest.LogCaptureFixture) -> None:
    lines, log = logged(b"one\ntwo\rthree\n\nlast", caplog)
    assert lines == [f"theirs.onnx: {word}" for word in ("one", "two", "three", "last")]
    assert list(log.last) == ["two", "three", "last"]
    assert {record.name for record in caplog.records} == {"robustbench_cells.models"}


def test_lines_drive_no_terminal(caplog: pytest.LogCaptureFixture) -> None:
    lines, _ = logged(b"\x1b[31mred\a\xff\n", caplog)
    assert lines == ["theirs.onnx: \\x1b[31mred\\x07\ufffd"]


def test_lines_hide_nothing(caplog: pytest.LogCaptureFixture) -> None:
    lines, _ = logged("\u202eabc\u2028 x\u200b \U000e0041 \u200c\n".encode(), caplog)
    assert lines == ["theirs.onnx: \\u202eabc\\u2028 x\\u200b \\U000e0041 \u200c"]


def test_megabytes_are_cut_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    lines, _ = logged(b"line\n" * 100_000 + b"x" * 2_000_000, caplog)
    assert len(lines) == 51
    assert lines[-1] == "theirs.onnx: wrote more than 50 lines; the others are left out"


def test_long_line_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    lines, _ = logged(b"x" * 2_000_000 + b"\nnext\n", caplog)
    assert lines == [f"theirs.onnx: {'x' * 300}…", "theirs.onnx: next"]


def test_what_others_wrote_is_not_the_last_output_of_a_model(caplog: pytest.LogCaptureFixture) -> None:
    _, log = logged(b"one\ntwo\n", caplog)
    log.begin("theirs.onnx")
    assert list(log.last) == ["one", "two"]
    log.begin("another.onnx")
    assert not log.last
