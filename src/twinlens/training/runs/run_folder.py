"""The folder of a training run: recipe, environment, logs, checkpoints, report."""

import json
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from pydantic import ValidationError

from twinlens.errors import TrainingError
from twinlens.model.training_photos import TRAINING_PHOTOS
from twinlens.training.loop.checkpoints import BEST, LAST
from twinlens.training.loop.run_log import EpochLog
from twinlens.training.recipe import Recipe
from twinlens.whole_file import whole_file

RECIPE = "recipe.json"
ENVIRONMENT = "environment.json"
METRICS = "metrics.jsonl"
VALIDATION = "validation.json"
WISE_FT = "wise-ft.json"
TOKENIZER = "tokenizer.json"
BAD_BATCH = "bad-batch.json"
REPORT = "report.html"
LOCK = ".lock"
LOOKED_AT_S = 0.5  # whoever asks whether a run goes on holds its lock for a moment
PACKAGES = ("torch", "transformers", "accelerate", "numpy", "onnxruntime", "tokenizers", "safetensors")


class RunFolder:
    """Reads and writes the files of a run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def last(self) -> Path:
        """The checkpoint that a resumed run continues from."""
        return self.path / LAST

    @property
    def best(self) -> Path:
        """The weights of the best epoch."""
        return self.path / BEST

    @property
    def training_photos(self) -> Path:
        """Hashes of the photos that the run was trained on."""
        return self.path / TRAINING_PHOTOS

    @property
    def exists(self) -> bool:
        """Whether the folder contains a run."""
        return (self.path / RECIPE).is_file()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Prevents a second process from training in the same folder.

        Raises:
            TrainingError: another process is training there, or the folder cannot be written.
        """
        lock = FileLock(self.path / LOCK)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=LOOKED_AT_S)
        except Timeout as error:
            raise TrainingError(f"another process is training in {self.path}; choose another --out") from error
        except OSError as error:
            raise TrainingError(f"the run's folder {self.path} cannot be written: {error.strerror or error}") from error
        try:
            yield
        finally:
            lock.release()

    def begin(self, recipe: Recipe, about: dict[str, Any]) -> None:
        """Writes the resolved recipe and the environment."""
        self.write_json(RECIPE, recipe.model_dump(mode="json"))
        self.write_json(ENVIRONMENT, {**environment(), **about})

    def resumed(self, *, after_epoch: int, step: int) -> None:
        """Notes in the environment that the run was continued.

        Args:
            after_epoch: the last epoch that is finished; 0 = none.
            step: steps that are done in the epoch after it.
        """
        about = self.read_json(ENVIRONMENT)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        resumed = [*about.get("resumed", []), {"after_epoch": after_epoch, "step": step, "at": now}]
        self.write_json(ENVIRONMENT, {**about, "resumed": resumed})

    def recipe(self) -> Recipe:
        """The recipe that the run was started with.

        Raises:
            TrainingError: the folder contains no run, or its recipe is not valid in this release.
        """
        try:
            return Recipe.model_validate(self.read_json(RECIPE))
        except ValidationError as error:
            raise TrainingError(
                f"{self.path / RECIPE} is not a valid recipe in this release: {error.errors()[0]['msg']}"
            ) from error

    def log(self, line: EpochLog) -> None:
        """Appends a line to the metrics.

        Raises:
            TrainingError: the disk is full.
        """
        with self._writing(METRICS), (self.path / METRICS).open("a", encoding="utf-8") as file:
            file.write(_line(line))

    def logs(self, *, until: int | None = None) -> list[EpochLog]:
        """The lines of the metrics.

        Args:
            until: removes later epochs from the file, since they will be run again; None = keeps all.
        """
        file = self.path / METRICS
        if not file.is_file():
            return []
        text = file.read_text(encoding="utf-8")
        # text after the last line break was not written completely (full disk, killed process)
        lines = [EpochLog(**json.loads(line)) for line in text[: text.rfind("\n") + 1].splitlines()]
        if until is not None:
            lines = [line for line in lines if line.epoch <= until]
            self._replace(METRICS, "".join(map(_line, lines)))
        return lines

    def write_json(self, name: str, value: Any) -> Path:
        """Writes a JSON file atomically.

        Raises:
            TrainingError: the disk is full.
        """
        return self._replace(name, json.dumps(value, indent=1, ensure_ascii=False) + "\n")

    def read_json(self, name: str) -> Any:
        """A JSON file of the run.

        Raises:
            TrainingError: it is missing or damaged.
        """
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise TrainingError(f"{self.path} is not the folder of a training run: it has no {name}") from error
        except (OSError, ValueError) as error:
            raise TrainingError(f"{self.path / name} cannot be read: {error}") from error

    def _replace(self, name: str, text: str) -> Path:
        path = self.path / name
        with self._writing(name), whole_file(path) as place:
            place.write_text(text, encoding="utf-8")
        return path

    @contextmanager
    def _writing(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TrainingError(
                f"{self.path / name} cannot be written: {error.strerror or error}; "
                "free disk space and continue with --resume"
            ) from error


def _line(log: EpochLog) -> str:
    return json.dumps(asdict(log)) + "\n"


def environment() -> dict[str, Any]:
    """Date, platform and package versions, and the git state of the code."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "threads": torch.get_num_threads(),
        "packages": found,
        "git": git_state(Path(__file__).parent),
    }


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit, and whether there are uncommitted changes; None if the folder is not tracked by git."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", ".")  # fails for a copy installed inside another repository
        return {"commit": git("rev-parse", "HEAD"), "changed": bool(git("status", "--porcelain"))}
    except (OSError, subprocess.SubprocessError):
        return None
