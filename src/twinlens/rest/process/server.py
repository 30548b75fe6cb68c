"""One server process: binds the socket, runs the application in uvicorn, reports when it is ready."""

import asyncio
import errno
import gc
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from twinlens.errors import ConfigError, TwinlensError
from twinlens.rest.app import create_app
from twinlens.rest.engine.served import Served
from twinlens.rest.gate.callers import Callers
from twinlens.rest.process.hangup import Hangup, on_hangup
from twinlens.rest.process.logs import reopen_log_files
from twinlens.rest.process.protocol import PatientProtocol
from twinlens.rest.settings import Settings
from twinlens.rest.shelf.shelf import Shelf, create_shelf

logger = logging.getLogger(__name__)
IDLE_S = 75  # longer than clients and proxies do: a request may already be on its way to a connection that we close
FINISH_S = 60  # for answers in progress when the server is asked to stop
BACKLOG = 2048
OPEN_FILES = 65_536  # for connections and photos being sent; macOS starts with 256


def bind(settings: Settings) -> socket.socket:
    """A socket that listens on the address in the settings.

    Raises:
        ConfigError: the port is in use, or the address does not belong to this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise ConfigError(f"--host {settings.host} is not an address of this machine: {error.strerror}") from error
    except OverflowError as error:
        raise ConfigError(f"--port must be from 0 to 65535, got {settings.port}") from error
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # Windows would let a second server use the same port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(_why_not(settings, error)) from error
    listener.set_inheritable(True)
    return listener


def _why_not(settings: Settings, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        who = "AirPlay uses it, see System Settings" if sys.platform == "darwin" and settings.port == 5000 else "in use"
        return f"port {settings.port} is taken ({who}); use --port {settings.port + 1}, or --port 0 for any free one"
    if error.errno == errno.EACCES:
        return f"port {settings.port} needs more privileges than this user has; use --port 5000"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host {settings.host} is not an address of this machine; use 127.0.0.1, or 0.0.0.0 for all interfaces"
    return f"--host {settings.host} --port {settings.port} cannot be used: {error.strerror or error}"


class Server(uvicorn.Server):
    """uvicorn's server, which on a stop ends streams first, and records the signal."""

    def __init__(self, app: FastAPI | Shelf, settings: Settings) -> None:
        proxies = list(settings.trusted_proxies)
        self._protocol = partial(PatientProtocol, callers=Callers(settings))
        config = uvicorn.Config(
            app,
            http=self._protocol,  # type: ignore[arg-type]  # uvicorn only calls it
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=proxies or None,
            server_header=False,
            workers=settings.workers,
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=FINISH_S,
        )
        super().__init__(config)
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # clients' errors are reported to the clients
        self.engine: Served = app.state.engine
        self.signal: int | None = None
        self._hangup = Hangup()
        self._on_reload: list[Callable[[], None]] = app.state.on_reload

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 — as uvicorn calls it
        """Handles a signal: the first lets everything finish, a second Ctrl+C does not."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
        self.signal = sig

    def handle_hangup(self) -> None:
        """Handles SIGHUP: opens log files again and runs what ``app.state.on_reload`` holds."""
        if self._hangup.is_end():
            self.handle_exit(signal.SIGHUP, None)
            return
        reopen_log_files()
        for again in self._on_reload:
            try:
                again()
            except TwinlensError as error:
                logger.error("not read again, what was read before stays: %s", error)
        logger.info("SIGHUP: log files and keys are read again")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends streams, goes on answering until proxies have noticed, then finishes running requests."""
        self.engine.stop_streams()
        await self._drain()
        for listener in sockets or []:
            await self._accept_the_last(listener)
        await super().shutdown(sockets)

    async def _drain(self) -> None:
        """Answers what still comes, each connection for the last time, until proxies have asked /readyz."""
        until = time.monotonic() + self.engine.settings.drain_s
        while time.monotonic() < until and self.signal != signal.SIGINT and not self.force_exit:
            await asyncio.sleep(0.1)

    async def _accept_the_last(self, listener: socket.socket) -> None:
        """Accepts connections still in the kernel's backlog; closing the socket would reset them."""
        loop = asyncio.get_running_loop()

        def protocol() -> PatientProtocol:
            return self._protocol(self.config, self.server_state, self.lifespan.state, loop)

        waiting = []
        with suppress(OSError):  # none is left, or another worker was faster
            while True:
                waiting.append(listener.accept()[0])
        for server in self.servers:
            server.close()
        for connection in waiting:
            await loop.connect_accepted_socket(protocol, connection)


def serve(
    settings: Settings,
    listener: socket.socket,
    *,
    collection: Any = None,
    on_ready: Callable[[Served], None],
    on_start: Callable[[Server], None] = lambda _: None,
) -> int | None:
    """Serves until a signal arrives, and returns it.

    Args:
        settings: of the server.
        listener: bound and listening.
        collection: an open one, several by name if the settings name several, or None for those of the settings.
        on_ready: called when queries can be answered.
        on_start: receives the server, which ``should_exit`` stops.

    Raises:
        TwinlensError: the collection cannot be served.
    """
    _allow_open_files()
    if settings.libraries:
        app: FastAPI | Shelf = create_shelf(settings, opened=collection)
    else:
        app = create_app(collection, settings=settings)
    server = Server(app, settings)
    on_start(server)
    asyncio.run(_serve(server, listener, on_ready))
    return server.signal


def _allow_open_files() -> None:
    """Raises this process's limit on open files as far as possible; each connection is one."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for most in (OPEN_FILES, 10_240):  # macOS reports "unlimited" but allows only the second
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        if soft == resource.RLIM_INFINITY or soft >= wanted:
            return
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return


async def _serve(server: Server, listener: socket.socket, on_ready: Callable[[Served], None]) -> None:
    engine = server.engine
    on_hangup(server.handle_hangup)

    async def tell_when_ready() -> None:
        while engine.state in ("new", "starting"):
            await asyncio.sleep(0.01)
        if engine.state == "ready":
            gc.collect()
            gc.freeze()  # start-up objects live as long as the process: no need to scan them again
            on_ready(engine)
            await engine.warm_uploads()
        elif engine.state == "failed":
            server.should_exit = True

    telling = asyncio.create_task(tell_when_ready())
    await server.serve(sockets=[listener])
    telling.cancel()
    with suppress(asyncio.CancelledError):
        await telling
    if engine.failure is not None:
        raise engine.failure
