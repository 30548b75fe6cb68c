"""The steps of ``deploy/Dockerfile``, run in a folder where no Docker daemon can be had."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from deploy.proxies import DEPLOY, PATIENCE_S, ROOT, free_port
from rest.served_library import draw

pytestmark = [
    pytest.mark.server,
    pytest.mark.slow,
    pytest.mark.thorough,
    pytest.mark.skipif(os.name == "nt", reason="the container runs Linux"),
]
NO_INDEX = re.compile(r"Temporary failure in name resolution|NewConnectionError|No matching distribution|ProxyError")
NEEDS_USERS = "useradd "  # a folder has no users of its own


def steps_of(dockerfile: str) -> list[tuple[str, str]]:
    """Its instructions and what they are given, comments and line ends removed."""
    text = re.sub(r"\\\n\s*", "", "\n".join(line for line in dockerfile.splitlines() if not line.startswith("#")))
    return [(name, given) for name, _, given in (line.partition(" ") for line in text.splitlines() if line)]


@dataclass
class Image:
    """What a build makes, as a folder: ``/opt/…`` lies at ``root/opt/…``."""

    root: Path
    work: Path = Path("/")
    environment: dict[str, str] = field(default_factory=dict)
    entry_point: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def build(self, dockerfile: str) -> None:
        for name, given in steps_of(dockerfile):
            getattr(self, f"_{name.lower()}", lambda _: None)(given)

    def here(self, text: str) -> str:
        """Paths of the image as paths of this machine."""
        return re.sub(r"(?<![\w.:/])/(?=(opt|build|data|usr|photos)\b)", f"{self.root}/", text)

    def _from(self, _: str) -> None:
        self.environment = {"PATH": f"{self.root}/usr/local/bin:/usr/bin:/bin", "HOME": str(self.root)}
        self.environment |= {name: one for name, one in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
        python = self.root / "usr/local/bin/python"
        python.parent.mkdir(parents=True, exist_ok=True)
        if not python.exists():  # what the base image brings
            python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
            python.chmod(0o755)

    def _workdir(self, given: str) -> None:
        self.work = self.root / given.lstrip("/")
        self.work.mkdir(parents=True, exist_ok=True)

    def _env(self, given: str) -> None:
        for pair in shlex.split(given):
            name, _, value = pair.partition("=")
            self.environment[name] = self.here(value.replace("$PATH", self.environment["PATH"]))

    def _copy(self, given: str) -> None:
        *sources, target = [part for part in shlex.split(given) if not part.startswith("--")]
        if "--from=" in given:  # of the build, which has the same root here
            assert [target] == sources
            assert Path(self.here(target)).exists()
            return
        place = Path(self.here(target)) if target.startswith("/") else self.work / target
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            elif target.endswith("/"):
                shutil.copy(ROOT / source, place)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, place)
                place.chmod(int(mode[1], 8) if (mode := re.search(r"--chmod=(\d+)", given)) else 0o644)

    def _run(self, given: str) -> None:
        if given.startswith(NEEDS_USERS):
            for folder in ("data", "photos"):
                assert f" /{folder}" in given
                (self.root / folder).mkdir()
            return
        done = subprocess.run(
            ["sh", "-ec", self.here(given)],
            cwd=self.work,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode and NO_INDEX.search(done.stderr):
            pytest.skip("no package index can be reached")
        assert done.returncode == 0, f"{given}\n{done.stdout}\n{done.stderr}"

    def _entrypoint(self, given: str) -> None:
        self.entry_point = json.loads(given)

    def _healthcheck(self, given: str) -> None:
        self.health = json.loads(given.partition("CMD ")[2])


def test_what_the_dockerfile_builds_serves_photos_and_is_healthy(tmp_path: Path) -> None:
    image = Image(tmp_path / "image")
    image.build((DEPLOY / "Dockerfile").read_text())
    draw(image.root / "photos" / "red.png", (200, 30, 30))
    port = free_port()
    environment = {**image.environment, "TWINLENS_PHOTOS": str(image.root / "photos"), "PYTHONPATH": ""}
    process = subprocess.Popen(
        [str(image.root / "usr/local/bin" / image.entry_point[0]), "--host", "127.0.0.1", "--port", str(port)],
        cwd=image.work,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    said: list[str] = []
    reading = threading.Thread(target=lambda stream: said.extend(stream), args=(process.stderr,))
    reading.start()
    try:
        ready = process.stdout.readline()
        assert ready, said
        health = [part.replace("127.0.0.1:5000", f"127.0.0.1:{port}") for part in image.health]
        assert health != image.health
        assert subprocess.run(health, env=environment, cwd=image.work, check=False).returncode == 0
        key = (image.root / "data" / "api-key").read_text().strip()
        body, headers = {"query": "a wall"}, {"X-API-Key": key}
        url = f"http://localhost:{port}"
        answer = requests.post(f"{url}/api/search/text", json=body, headers=headers, timeout=PATIENCE_S)
        assert [one["image_id"] for one in answer.json()["results"]] == ["red.png"]
        assert ">twinlens</title>" in requests.get(f"{url}/", timeout=PATIENCE_S).text
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=PATIENCE_S)
        reading.join(timeout=PATIENCE_S)
        process.stdout.close()
        process.stderr.close()
