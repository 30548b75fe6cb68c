"""The files that a page of ``docs/extend/`` shows, installed as pip would install them."""

import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "extend"
_FENCED = re.compile(r"^```\w+\n# ([\w./-]+\.(?:py|toml))\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A page and the files on it, by name.

    Attributes:
        name: of the page.
        text: all of it.
        files: what its fenced blocks hold whose first line is a comment with a file's name.
    """

    name: str
    text: str
    files: dict[str, str]

    def install(self, site: Path) -> Path:
        """Writes module and metadata into a folder that Python looks into; the folder."""
        (module,) = (file for file in self.files if file.endswith(".py") and not file.startswith("test_"))
        name = module.removesuffix(".py")
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / module).write_text(self.files[module], encoding="utf-8")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(self._entry_points(), encoding="utf-8")
        return site

    def run_its_test(self, site: Path, folder: Path) -> str:
        """Runs the page's own test file in a process of its own; what pytest says."""
        (test,) = (file for file in self.files if file.startswith("test_"))
        (folder / test).write_text(self.files[test], encoding="utf-8")
        paths = f"pythonpath={site} {ROOT / 'tests'}"
        options = ["-q", "-p", "no:cacheprovider", "-o", paths, "-o", "filterwarnings=error", "--rootdir", folder]
        command = [
            sys.executable,
            "-m",
            "pytest",
            folder / test,
            "-c",
            "/dev/null",
            "--import-mode=importlib",
            *options,
        ]
        done = subprocess.run(
            [str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _entry_points(self) -> str:
        groups = tomllib.loads(self.files["pyproject.toml"])["project"]["entry-points"]
        lines = []
        for group, entries in groups.items():
            lines += [f"[{group}]", *(f"{name} = {target}" for name, target in entries.items())]
        return "\n".join(lines) + "\n"


def read_page(name: str) -> Page:
    """A page of ``docs/extend/``."""
    text = (PAGES / name).read_text(encoding="utf-8")
    return Page(name, text, dict(_FENCED.findall(text)))
