"""A TCP relay between a client and a server, which a test can cut as a network is cut: nobody is told."""

import contextlib
import select
import socket
import threading
from types import TracebackType
from typing import Self

PIECE = 65_536


class Relay:
    """Forwards connections to a port of this machine, until it is cut.

    While it is cut, connections stay open and new ones are taken, but nothing comes through: neither bytes nor the
    end of a connection. What was sent meanwhile is lost when it is mended, as are the connections.

    Args:
        port: of the server.
    """

    def __init__(self, port: int) -> None:
        self._server = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._guard = threading.Lock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._is_cut, self._is_closed = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._take, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closed.set()
        self._threads[0].join(timeout=20)  # takes no more
        self._listening.close()
        self._drop()
        for thread in self._threads:
            thread.join(timeout=20)

    def cut(self) -> None:
        """From now on nothing comes through."""
        self._is_cut.set()

    def mend(self) -> None:
        """Connections that are made from now on work; those before are over."""
        self._drop()
        self._is_cut.clear()

    def _take(self) -> None:
        while not self._is_closed.is_set():
            readable, _, _ = select.select([self._listening], [], [], 0.1)
            if not readable:
                continue
            client, _ = self._listening.accept()
            server = socket.create_connection(("127.0.0.1", self._server))
            with self._guard:
                self._pairs.add((client, server))
            for source, target in ((client, server), (server, client)):
                thread = threading.Thread(target=self._forward, args=(source, target), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the other direction, or ``mend``, has closed them
            while True:
                piece = source.recv(PIECE)
                if self._is_cut.is_set():
                    self._is_closed.wait()
                    return
                if not piece:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(piece)

    def _drop(self) -> None:
        with self._guard:
            for pair in self._pairs:
                for one in pair:
                    with contextlib.suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
                    one.close()
            self._pairs.clear()
