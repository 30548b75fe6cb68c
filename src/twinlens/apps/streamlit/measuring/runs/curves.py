"""Rows of the charts and tables that compare training runs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from twinlens import api

WAYS = {"text_to_image": "text → image", "image_to_text": "image → text"}
Rows = list[dict[str, Any]]
UNKNOWN = "–"


def loss_rows(run: str, epochs: Sequence[Mapping[str, Any]]) -> Rows:
    """The training and the validation loss of each epoch."""
    rows = []
    for line in epochs:
        losses = line["losses"]
        for kind, value in (("train", losses.get("pairs", losses.get("loss"))), ("val", line.get("val_loss"))):
            if value is not None:
                rows.append({"run": run, "kind": kind, "epoch": line["epoch"], "value": value})
    return rows


def recall_rows(run: str, epochs: Sequence[Mapping[str, Any]], measure: str) -> Rows:
    """A measure on the validation split in both directions."""
    return [
        {"run": run, "kind": way, "epoch": line["epoch"], "value": line[key][measure]}
        for line in epochs
        for key, way in WAYS.items()
        if measure in line.get(key, {})
    ]


def rate_rows(run: str, epochs: Sequence[Mapping[str, Any]]) -> Rows:
    """The learning rate of each group of weights."""
    return [
        {"run": run, "kind": group, "epoch": line["epoch"], "value": value}
        for line in epochs
        for group, value in line.get("learning_rates", {}).items()
    ]


def best_epoch(epochs: Sequence[Mapping[str, Any]]) -> int | None:
    """The epoch whose weights are kept; None before the first one."""
    best = [int(line["epoch"]) for line in epochs if line.get("best")]
    return best[-1] if best else None


def resumed_rows(run: str, read: api.runs.TrainingRun) -> Rows:
    """Where a run was continued: between the last epoch that was finished, and the next."""
    last = max((int(line["epoch"]) for line in read.epochs), default=0)
    return [
        {"run": run, "epoch": after + 0.5, "mark": f"interrupted and resumed after epoch {after}"}
        for after in read.resumed_after
        if 0 < after < last
    ]


def epoch_rows(run: str, epochs: Sequence[Mapping[str, Any]]) -> Rows:
    """A row for each epoch with all its figures, unrounded."""
    rows = []
    for line in epochs:
        row: dict[str, Any] = {"run": run}
        for name, value in line.items():
            if isinstance(value, Mapping):
                row |= {f"{WAYS.get(name, name)} {own}": figure for own, figure in value.items()}
            else:
                row[name] = value
        rows.append(row)
    return rows


def of_best(rows: Rows, best: Mapping[str, int | None]) -> Rows:
    """Those rows that are of the best epoch of their run."""
    return [row for row in rows if best.get(row["run"]) == row["epoch"]]


def planned_epochs(recipe: Mapping[str, Any]) -> int:
    """Epochs of all stages of a recipe; 0 where it does not say."""
    stages = recipe.get("stages", ())
    return sum(int(stage.get("epochs") or 0) for stage in stages if isinstance(stage, Mapping))


def summary_row(run: str, read: api.runs.TrainingRun) -> dict[str, str]:
    """A run in one row: how far it came, where it was best, and why it ended."""
    done, planned = len(read.epochs), planned_epochs(read.recipe)
    best = best_epoch(read.epochs)
    line = next((one for one in read.epochs if one["epoch"] == best), {})
    minutes = sum(float(one.get("seconds") or 0) for one in read.epochs) / 60
    return {
        "run": run,
        "state": state_of(read),
        "epochs": f"{done} of {planned}" if planned else str(done),
        "best epoch": UNKNOWN if best is None else str(best),
        **{f"R@1 {way} in %": _rounded(line.get(key, {}).get("R@1")) for key, way in WAYS.items()},
        "minutes": f"{minutes:.1f}" if read.epochs else UNKNOWN,
    }


def _rounded(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.1f}"


def state_of(read: api.runs.TrainingRun) -> str:
    """Whether a run has ended, and how."""
    if read.is_training:
        return "training now"
    if read.validation is None:
        if read.is_training is None:
            return "training, or interrupted"
        return "interrupted" if read.epochs else "no epoch is finished yet"
    planned = planned_epochs(read.recipe)
    return "stopped early" if planned and read.epochs and len(read.epochs) < planned else "finished"


def differing(recipes: Mapping[str, Mapping[str, Any]]) -> Rows:
    """A row for each setting in which recipes differ, with its value in each of them.

    >>> differing({"a": {"seed": 1, "loss": {"name": "x"}}, "b": {"seed": 1, "loss": {"name": "y"}}})
    [{'setting': 'loss.name', 'a': 'x', 'b': 'y'}]
    """
    flat = {run: dict(_settings(recipe)) for run, recipe in recipes.items()}
    names = dict.fromkeys(name for settings in flat.values() for name in settings)
    rows = [{"setting": name, **{run: flat[run].get(name, UNKNOWN) for run in flat}} for name in names]
    return [row for row in rows if len({row[run] for run in flat}) > 1]


def settings_of(recipe: Mapping[str, Any]) -> Rows:
    """A row for each setting of a recipe that has a value.

    >>> settings_of({"name": "mine", "model": None, "loss": {"name": "infonce"}})
    [{'setting': 'name', 'value': 'mine'}, {'setting': 'loss.name', 'value': 'infonce'}]
    """
    return [{"setting": name, "value": value} for name, value in _settings(recipe) if value not in ("", UNKNOWN)]


def _settings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, own in value.items():
            yield from _settings(own, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        for place, own in enumerate(value, start=1):
            yield from _settings(own, f"{name}[{place}]")
    else:
        yield name, UNKNOWN if value is None else str(value)
