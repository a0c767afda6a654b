"""Messages over a socket, each after its length; a file descriptor may travel with one."""

from __future__ import annotations

import array
import os
import select
import socket
import time
from contextlib import ExitStack

from robustbench_cells.models.isolation.messages import MAX_BYTES, MessageError

_HEADER = 4  # bytes
_CHUNK = 2**16
_SEND_SECONDS = 60.0


class Channel:
    """One end of a socket.

    Parameters
    ----------
    end
        The socket; it is closed with the channel.
    """

    def __init__(self, end: socket.socket) -> None:
        end.settimeout(_SEND_SECONDS)  # for another end that never reads; what is received is there
        self._socket = end
        self._received = bytearray()
        self._poll = select.poll()
        self._poll.register(end, select.POLLIN)

    def send(self, message: bytes, file: int | None = None) -> None:
        """Send a message, with a file descriptor if one is given.

        Raises
        ------
        OSError
            If the other end is closed.
        """
        if len(message) > MAX_BYTES:
            raise MessageError(f"a message of {len(message)} bytes; at most {MAX_BYTES} are allowed")
        content = len(message).to_bytes(_HEADER, "big") + message
        sent = socket.send_fds(self._socket, [content], [] if file is None else [file])
        self._socket.sendall(content[sent:])

    def receive(self, seconds: float | None = None) -> tuple[bytes, int | None] | None:
        """Receive a message and the file descriptor that came with it; None if none is whole within the time.

        Raises
        ------
        EOFError
            If the other end is closed.
        MessageError
            If what came is no message.
        """
        until = None if seconds is None else time.monotonic() + seconds
        with ExitStack() as files:  # closed unless they are handed on with a message
            file: int | None = None
            while (message := self._whole()) is None:
                left = None if until is None else max(0, int(1000 * (until - time.monotonic())))
                if not self._poll.poll(left):
                    return None
                try:
                    content, found = self._receive_chunk()
                except OSError as error:
                    raise EOFError(str(error)) from error
                if found is not None:
                    files.close()
                    files.callback(os.close, found)
                    file = found
                if not content:
                    raise EOFError("closed")
                self._received += content
            files.pop_all()
            return message, file

    def _receive_chunk(self) -> tuple[bytes, int | None]:
        """Bytes, and a file descriptor of which no more than one is accepted."""
        content, ancillary, _, _ = self._socket.recvmsg(_CHUNK, socket.CMSG_SPACE(array.array("i").itemsize))
        files = array.array("i")
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                files.frombytes(data[: len(data) - len(data) % files.itemsize])
        for extra in files[1:]:
            os.close(extra)
        return content, files[0] if files else None

    def _whole(self) -> bytes | None:
        if len(self._received) < _HEADER:
            return None
        length = int.from_bytes(self._received[:_HEADER], "big")
        if length > MAX_BYTES:
            raise MessageError(f"a message of {length} bytes; at most {MAX_BYTES} are allowed")
        if len(self._received) < _HEADER + length:
            return None
        message = bytes(self._received[_HEADER : _HEADER + length])
        del self._received[: _HEADER + length]
        return message

    def close(self) -> None:
        """Close this end."""
        self._socket.close()
