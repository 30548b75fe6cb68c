"""Debian's nginx and Caddy in front of a server, on ports that only this machine can reach."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PATIENCE_S = 60  # cores may be shared with other work
_PLACES = (os.environ.get("PATH", ""), "/usr/sbin", *(str(ROOT / ".proxies/usr" / name) for name in ("bin", "sbin")))
_MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
events {{}}
http {{
	access_log off;
	client_body_temp_path {folder}/body;
	proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi;
	uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	include {folder}/site.conf;
}}
"""


@dataclass(frozen=True)
class Certificate:
    """A certificate for localhost, and its key."""

    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> "Certificate":
        """A new one, made by openssl."""
        if shutil.which("openssl") is None:
            pytest.skip("no openssl to make a certificate: apt-get install openssl")
        made = cls(folder / "certificate.pem", folder / "key.pem")
        line = (
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
        )
        subprocess.run(
            [*line.split(), "-out", str(made.certificate), "-keyout", str(made.key)], check=True, capture_output=True
        )
        return made


def find(name: str) -> str:
    """The program; the test is skipped, and says so, where there is none."""
    found = shutil.which(name, path=os.pathsep.join(_PLACES))
    if found is None:
        pytest.skip(f"no {name}: scripts/proxies fetches Debian's")
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextmanager
def nginx(site: str, folder: Path, *, port: int, is_tls: bool = True) -> Iterator[None]:
    """Runs nginx with a site's configuration until the block ends.

    Args:
        site: what would lie in ``/etc/nginx/conf.d``; it listens on ``port``.
        folder: an empty one, for its files.
        port: waited for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.conf").write_text(site)
    user = "user root;" if os.geteuid() == 0 else ""  # its workers read files of this test
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user))
    line = [find("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    checked = subprocess.run([*line, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with _running(line, port, folder / "error.log", is_tls=is_tls):
        yield


@contextmanager
def caddy(site: str, folder: Path, *, port: int, is_tls: bool = True, **environment: str) -> Iterator[None]:
    """Runs Caddy with a Caddyfile until the block ends; certificates are its own authority's."""
    folder.mkdir(parents=True, exist_ok=True)
    options = [
        f"http_port {free_port()}",
        f"https_port {port if is_tls else free_port()}",
        "default_bind 127.0.0.1",
        "admin off",
        "skip_install_trust",
        "local_certs",
    ]
    (folder / "Caddyfile").write_text("{\n\t" + "\n\t".join(options) + "\n}\n" + site)
    line = [find("caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    homes = {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    with _running(line, port, folder / "caddy.log", {**os.environ, **homes, **environment}, is_tls=is_tls):
        yield


@contextmanager
def _running(
    line: list[str], port: int, log: Path, environment: dict[str, str] | None = None, *, is_tls: bool = True
) -> Iterator[None]:
    with log.open("ab") as output:
        process = subprocess.Popen(line, stdout=output, stderr=output, env=environment)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not answers(port, is_tls=is_tls):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


def answers(port: int, *, is_tls: bool) -> bool:
    """True once a connection is accepted and, with TLS, a certificate is there."""
    trusting = ssl._create_unverified_context()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            if is_tls:
                trusting.wrap_socket(plain, server_hostname="localhost").close()
            return True
    except OSError:
        return False


class SignIn:
    """Stands in for oauth2-proxy: lets everybody in, or nobody."""

    def __init__(self) -> None:
        outer = self
        self.lets_in = True

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(202 if outer.lets_in else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> "SignIn":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def shipped_nginx(folder: Path, certificate: Certificate, *, port: int, server: int, sign_in: int, key: str) -> str:
    """``deploy/nginx.conf`` with the ports and paths of a test in place of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "key.conf").write_text(f"proxy_set_header X-API-Key {key};\n")
    return replaced(
        (DEPLOY / "nginx.conf").read_text(),
        {
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "127.0.0.1:5000": f"127.0.0.1:{server}",
            "127.0.0.1:4180": f"127.0.0.1:{sign_in}",
            "/etc/letsencrypt/live/photos.example.org/fullchain.pem": str(certificate.certificate),
            "/etc/letsencrypt/live/photos.example.org/privkey.pem": str(certificate.key),
            "/etc/nginx/twinlens-key.conf": str(folder / "key.conf"),
        },
    )


def example_of(language: str) -> str:
    """The block of docs/how-to/deploy.md in this language."""
    page = (ROOT / "docs/how-to/deploy.md").read_text()
    return page.split(f"```{language}\n", 1)[1].split("```", 1)[0]


def replaced(text: str, pairs: dict[str, str]) -> str:
    """The text with other words in place of some, all of which it contains."""
    for old, new in pairs.items():
        assert old in text, old
        text = text.replace(old, new)
    return text
