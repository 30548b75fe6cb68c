"""Installs what a page shows, for one test: in this process, and for processes that it starts."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from extend.page import Page, read_page
from twinlens.collection.searching.filtering import known_filters

Run = Callable[..., subprocess.CompletedProcess[str]]
Install = Callable[[str], Page]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Where the package is installed."""
    return tmp_path / "site"


@pytest.fixture
def install(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs the package of a page; it is forgotten after the test."""
    modules: list[str] = []

    def installed(name: str) -> Page:
        page = read_page(name)
        page.install(site)
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]))
        modules.extend(file.stem for file in site.glob("*.py"))
        known_filters.cache_clear()
        return page

    yield installed
    known_filters.cache_clear()
    for module in modules:
        sys.modules.pop(module, None)


@pytest.fixture
def run(tmp_path: Path, own_home: Path) -> Run:
    """Runs ``twinlens ARGUMENTS`` as a process of its own."""

    def command(*arguments: object, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "twinlens", *map(str, arguments)]
        return subprocess.run(line, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)

    return command
