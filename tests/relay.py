"""A TCP relay between a client and a server, by which a test takes the network away from between them."""

import contextlib
import select
import socket
import threading
from types import TracebackType
from typing import Self

PIECE = 65_536


class Relay:
    """Forwards connections to a port of this machine, until it is cut or closed.

    Args:
        port: of the server.

    Attributes:
        port: for the client.
    """

    def __init__(self, port: int) -> None:
        self._server, self.port = port, 0
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._guard = threading.Lock()
        self._is_cut = threading.Event()
        self.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def cut(self) -> None:
        """Nothing comes through any more, and nobody is told: connections stay open, and new ones are taken."""
        self._is_cut.set()

    def mend(self) -> None:
        """Connections that are made from now on work; those before are over."""
        self._drop()
        self._is_cut.clear()

    def close(self) -> None:
        """Ends all connections, and refuses new ones, as where a server has ended."""
        self._is_closed.set()
        self._taking.join(timeout=20)
        self._listening.close()
        self._drop()

    def open(self) -> None:
        """Takes connections, at the port as before."""
        self._is_closed = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self.port = int(self._listening.getsockname()[1])
        self._taking = threading.Thread(target=self._take, daemon=True)
        self._taking.start()

    def _take(self) -> None:
        while not self._is_closed.is_set():
            readable, _, _ = select.select([self._listening], [], [], 0.05)
            if not readable:
                continue
            client, _ = self._listening.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self._server))
            except OSError:  # it has ended
                client.close()
                continue
            with self._guard:
                self._pairs.add((client, server))
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._forward, args=(source, target), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the other direction has ended, or ``_drop`` has closed them
            while True:
                piece = source.recv(PIECE)
                if self._is_cut.is_set():
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
