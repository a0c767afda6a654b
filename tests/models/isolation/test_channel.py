"""Messages and file descriptors between two processes, by a socket within one."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from contextlib import suppress
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.models.isolation.channel import Channel
from robustbench_cells.models.isolation.messages import MAX_BYTES, MessageError


@given(st.lists(st.binary(max_size=2000), max_size=20))
def test_messages_arrive_whole_and_in_order(messages: list[bytes]) -> None:
    one, other = map(Channel, socket.socketpair())
    for message in messages:
        one.send(message)
    for message in messages:
        assert other.receive(0) == (message, None)
    assert other.receive(0) is None
    one.close()
    other.close()


def test_part_of_a_message_is_none_and_is_kept() -> None:
    end, other = socket.socketpair()
    channel = Channel(other)
    end.sendall(b"\0\0\0\5ab")
    assert channel.receive(0) is None
    end.sendall(b"cde")
    assert channel.receive(0) == (b"abcde", None)
    end.close()
    with pytest.raises(EOFError):
        channel.receive(0)
    channel.close()


def test_bytes_that_trickle_in_do_not_extend_the_time() -> None:
    end, other = socket.socketpair()
    channel = Channel(other)
    end.sendall((2000).to_bytes(4, "big"))
    ended = threading.Event()

    def trickle() -> None:
        while not ended.wait(0.005):
            end.send(b"a")

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        assert channel.receive(0.1) is None
    finally:
        ended.set()
        thread.join()
    end.close()
    channel.close()


def count_descriptors(file: IO[bytes]) -> int:
    """How many descriptors of this process are of that file, whatever other threads and tests have open."""
    own, found = os.fstat(file.fileno()), 0
    for name in os.listdir("/dev/fd"):
        with suppress(OSError):  # that of the listing is closed
            found += os.path.samestat(own, os.fstat(int(name)))
    return found


def test_files_that_nobody_asked_for_are_closed() -> None:
    end, other = socket.socketpair()
    channel = Channel(other)
    with tempfile.TemporaryFile() as file:
        for part in (b"\0\0\0\x09", b"a", b"b", b"c"):
            socket.send_fds(end, [part], [file.fileno()])
            assert channel.receive(0) is None
        assert count_descriptors(file) == 1
    end.close()
    channel.close()


REFUSED = {"too long a message": (b"\xff\xff\xff\xff", MessageError), "half a message": (b"\0\0\0\5ab", EOFError)}


@pytest.mark.parametrize(("content", "error"), REFUSED.values(), ids=REFUSED)
def test_file_of_what_is_no_message_is_closed(content: bytes, error: type[Exception]) -> None:
    end, other = socket.socketpair()
    channel = Channel(other)
    with tempfile.TemporaryFile() as file:
        socket.send_fds(end, [content], [file.fileno()])
        end.close()
        with pytest.raises(error):
            channel.receive(0)
        assert count_descriptors(file) == 1
    channel.close()


def test_length_beyond_the_limit_is_refused_before_anything_is_kept() -> None:
    end, other = socket.socketpair()
    channel = Channel(other)
    end.sendall(b"\xff\xff\xff\xffab")
    with pytest.raises(MessageError, match="4294967295 bytes"):
        channel.receive(0)
    with pytest.raises(MessageError):
        channel.send(b"a" * (MAX_BYTES + 1))
    end.close()
    channel.close()


def test_file_arrives_with_its_message() -> None:
    one, other = map(Channel, socket.socketpair())
    with tempfile.TemporaryFile() as file:
        file.write(b"images")
        file.flush()
        one.send(b"take", file.fileno())
        received = other.receive(0)
    assert received
    message, found = received
    assert message == b"take"
    assert found is not None
    assert os.pread(found, 10, 0) == b"images"
    os.close(found)
    one.close()
    other.close()
