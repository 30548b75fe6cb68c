"""A real PostgreSQL server on this machine: Debian's, or that of PyPI's package ``pgserver``; and its fixtures."""

import importlib.util
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.opening import open_catalog
from twinlens.collection.catalog.postgres.address import PASSWORD, Address, place_of

USER, SECRET = "twinlens", "a secret"
DATABASE = "photos"
_SETTINGS = {"fsync": "off", "max_connections": "60", "shared_buffers": "32MB", "listen_addresses": "127.0.0.1"}


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; None if it is not installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: one.parent.name, reverse=True):
        if (folder / "initdb").exists():
            return folder
    package = importlib.util.find_spec("pgserver")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "pginstall" / "bin"


class Server:
    """A server with a database of its own.

    Args:
        folder: of its files; not one of pytest's, which nobody but its user may enter.
        bin_folder: of PostgreSQL's programs.
    """

    def __init__(self, folder: Path, bin_folder: Path) -> None:
        self._folder, self._bin = folder, bin_folder
        self.port = _free_port()
        self._user = {"user": "nobody"} if os.getuid() == 0 else {}  # PostgreSQL does not run as root
        if self._user:
            shutil.chown(folder, "nobody")
        folder.chmod(0o755)
        if self._user and "pginstall" in bin_folder.parts:  # nobody may not enter the folders above it
            for part in ("pgserver/pginstall", "pgserver.libs"):
                shutil.copytree(bin_folder.parents[2] / part, folder / part, symlinks=True)
            self._bin = folder / "pgserver/pginstall/bin"
        secret = folder / "secret"
        secret.write_text(SECRET)
        secret.chmod(0o644)
        made = f"-E UTF8 --locale=C -A scram-sha-256 -U {USER}".split()
        self._run("initdb", "-D", folder / "data", *made, f"--pwfile={secret}")
        self.start()
        self.sql(f"CREATE DATABASE {DATABASE}", database="postgres")

    @property
    def address(self) -> str:
        """Of its database."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        settings = [f"-c {name}={value}" for name, value in _SETTINGS.items()]
        options = f"-p {self.port} -k '' {' '.join(settings)}"
        self._run("pg_ctl", "-D", self._folder / "data", "-l", self._folder / "log", "-w", "-o", options, "start")

    def stop(self, how: str = "fast") -> None:
        """Ends it; "immediate" as a crash would."""
        self._run("pg_ctl", "-D", self._folder / "data", "-m", how, "-w", "stop")

    def pid(self) -> int:
        """Of its first process."""
        return int((self._folder / "data" / "postmaster.pid").read_text().split()[0])

    def pause(self) -> None:
        """Lets it answer nobody."""
        os.kill(self.pid(), signal.SIGSTOP)

    def go_on(self) -> None:
        """The end of ``pause``."""
        os.kill(self.pid(), signal.SIGCONT)

    def sql(self, statement: str, *, database: str = DATABASE) -> list[tuple]:
        """Runs a statement of the test's own."""
        import psycopg

        address = f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"
        with psycopg.connect(address, password=SECRET, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def replicated(self, folder: Path) -> "ReplicaServer":
        """A copy that follows this one; to be stopped by the test."""
        return ReplicaServer(folder, self)

    def _run(self, program: str, *arguments: object) -> None:
        done = subprocess.run(
            [self._bin / program, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            env={**os.environ, "LC_ALL": "C", "PGPASSWORD": SECRET},
            check=False,
            **self._user,
        )
        assert done.returncode == 0, f"{program}: {done.stderr.decode()}"


class ReplicaServer(Server):
    """A server that repeats what another one writes, and can only be read.

    Args:
        folder: of its files, as a server's.
        main: the one that it follows.
    """

    def __init__(self, folder: Path, main: Server) -> None:
        self._folder, self._bin, self._user = folder, main._bin, main._user
        self.port = _free_port()
        if self._user:
            shutil.chown(folder, "nobody")
        folder.chmod(0o755)
        from_main = ["-h", "127.0.0.1", "-p", main.port, "-U", USER, "-X", "stream", "-c", "fast", "-R"]
        self._run("pg_basebackup", "-D", folder / "data", *from_main)
        self.start()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One for the tests of a process."""
    found = programs()
    if found is None or importlib.util.find_spec("psycopg") is None:
        assert not os.environ.get("PROXIES_REQUIRED"), "PostgreSQL, or the package psycopg, is missing"
        pytest.skip("needs PostgreSQL (apt-get install postgresql, or the package pgserver) and the package psycopg")
    with tempfile.TemporaryDirectory(prefix="twinlens-postgres-", ignore_cleanup_errors=True) as folder:
        running = Server(Path(folder), found)
        yield running
        running.stop("immediate")


@pytest.fixture
def address(server: Server, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Address]:
    """Of a catalog that is still to be made."""
    monkeypatch.setenv(PASSWORD, SECRET)
    schema = f"new_{next(_NUMBERS)}"
    yield Address.parse(f"{server.address}?schema={schema}")
    server.sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


@pytest.fixture
def served_catalog(server: Server, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    """An empty catalog; its tables are made once, and emptied after each test."""
    monkeypatch.setenv(PASSWORD, SECRET)
    address = Address.parse(f"{server.address}?schema=emptied")
    made = open_catalog(place_of(address) / "catalog.sqlite", create=True)
    yield made
    made.close()
    start = server.sql("SELECT key, value FROM emptied.meta WHERE key = 'identity'")
    tables = [name for (name,) in server.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'emptied'")]
    emptied = ", ".join(f"emptied.{name}" for name in tables if name != "twinlens_catalog")
    server.sql(f"TRUNCATE {emptied} RESTART IDENTITY CASCADE")
    server.sql(f"INSERT INTO emptied.meta VALUES ('identity', '{start[0][1]}'), ('generation', '0')")
