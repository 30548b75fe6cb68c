"""The runs of a sweep: each combination of values, with each of several seeds."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from twinlens.errors import ConfigError
from twinlens.training.recipe import Recipe
from twinlens.training.runs.run_folder import REPORT, RunFolder

_OPENED, _CLOSED = "[{(", "]})"
_NO_NAME = re.compile(r"[^\w.=+,-]+")


@dataclass(frozen=True)
class PlannedRun:
    """One run of a sweep.

    Attributes:
        setting: the values of the keys that are swept, such as "optimizer.batch_size=64"; "" if there are none.
        recipe: with these values and its seed.
        folder: of its own.
    """

    setting: str
    recipe: Recipe
    folder: Path

    @property
    def is_finished(self) -> bool:
        """Whether it came to its end before; its report is written last."""
        return RunFolder(self.folder).exists and (self.folder / REPORT).is_file()


def plan_runs(
    read: Callable[[Sequence[str]], Recipe], out: Path, *, sweeps: Sequence[str] = (), seeds: int = 1
) -> list[PlannedRun]:
    """All runs, those of one setting after one another.

    Args:
        read: reads the recipe with some changes, and checks it.
        out: the sweep's folder; each run has one of its own in it.
        sweeps: such as ``optimizer.batch_size=64,128``; several are combined.
        seeds: number of seeds for each setting, from the recipe's own seed on.

    Raises:
        ConfigError: a sweep has no values, or one value twice, or a recipe has errors.
    """
    runs: list[PlannedRun] = []
    for changes in product(*map(values_of, sweeps)):
        recipe, setting = read(changes), ", ".join(changes)
        for seed in range(recipe.seed, recipe.seed + seeds):
            folder = out / _NO_NAME.sub("_", setting.replace(", ", ",")) / f"seed-{seed}"
            if any(folder == other.folder for other in runs):
                raise ConfigError(
                    f"two runs of the sweep would be the same or share the folder {folder}; leave one out"
                )
            runs.append(PlannedRun(setting, recipe.model_copy(update={"seed": seed}), folder))
    return runs


def values_of(sweep: str) -> list[str]:
    """The changes of ``key=a,b,c``, one for each value; commas in brackets and quotes are part of a value.

    >>> values_of("text.cleaning=[],['a', 'b']")
    ['text.cleaning=[]', "text.cleaning=['a', 'b']"]

    Raises:
        ConfigError: there is no key, or a value is missing.
    """
    key, equals, values = sweep.partition("=")
    found = [value.strip() for value in _parts(values)]
    if not equals or not key.strip() or not all(found):
        raise ConfigError(f"a sweep must look like section.key=first,second, got {sweep!r}")
    return [f"{key.strip()}={value}" for value in found]


def _parts(values: str) -> Iterator[str]:
    """Splits at commas outside brackets and quotes."""
    depth, quote, start = 0, "", 0
    for place, letter in enumerate(values):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "," and not depth:
            yield values[start:place]
            start = place + 1
        depth += not quote and (letter in _OPENED) - (letter in _CLOSED)
    yield values[start:]
