"""Results of evaluations, computed or read from saved files."""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from twinlens import api
from twinlens.errors import DataError

DIRECTIONS = {"text_to_image": "text → image", "image_to_text": "image → text"}
CURVE_KS = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 70, 100)
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Measured:
    """The evaluation of one model on one split.

    Attributes:
        name: heading for the results.
        report: the output of ``twinlens evaluate --json``.
        pairs: the embeddings; None if only the figures were saved.
        first_ranks: direction → [Q], the rank of each query's first right answer; empty without embeddings.
        paths: image id → photo file, where the data is here.
        key: tells it from other evaluations.
    """

    name: str
    report: dict[str, Any]
    pairs: api.evaluation.EmbeddedPairs | None = None
    first_ranks: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    paths: Mapping[str, Path] = field(default_factory=dict)
    key: str = field(default_factory=lambda: uuid4().hex)


def measure_folder(data: str, *, split: str, model: str, on_photos: Progress, on_texts: Progress) -> Measured:
    """Evaluates a model on captioned or classified photos.

    Args:
        data: the data set's folder.
        split: train, val, test or all.
        model: name or folder of a bundle, or the folder of a run.
        on_photos: called with the numbers of embedded and of all photos.
        on_texts: the same for captions or prompts.

    Raises:
        DataError: the folder has no data in a known format, or no such split.
        UnknownPartError: there is no such model.
    """
    if api.evaluation.is_classified(data):
        report = api.evaluation.evaluate(model, data, on_progress=on_photos, on_texts=on_texts)
        return Measured(f"{Path(data).name}, model {model}", report.to_json())
    pairs = api.evaluation.embed_pairs(model, data, split, on_progress=on_photos, on_texts=on_texts)
    return _of_pairs(f"{pairs.name}, model {model}", pairs, api.datasets.photo_paths(data))


def read_measured(name: str, content: bytes) -> Measured:
    """Reads the output of ``twinlens evaluate``: ``--json`` or ``--save-embeddings``.

    Raises:
        DataError: the file is neither.
    """
    if name.lower().endswith(".npz"):
        with tempfile.TemporaryDirectory(prefix="twinlens-") as folder:
            file = Path(folder) / "embeddings.npz"
            file.write_bytes(content)
            try:
                pairs = api.evaluation.load_embeddings(file)
            except DataError as error:
                raise DataError(str(error).replace(str(file), name)) from error
        return _of_pairs(name, pairs, {})
    try:
        report = json.loads(content)
    except ValueError as error:
        raise DataError(
            f"{name} is not valid JSON: {error}; save one with 'twinlens evaluate --json > FILE'"
        ) from error
    if not is_report(report):
        raise DataError(f"{name} is not an evaluation report; save one with 'twinlens evaluate --json > FILE'")
    return Measured(name, report)


def is_report(value: object) -> bool:
    """Whether a value has the fields of ``twinlens evaluate --json`` that the app shows."""
    if not isinstance(value, dict):
        return False
    parts = [value.get("zero_shot")] if "zero_shot" in value else [value.get(key) for key in DIRECTIONS]
    return all(isinstance(part, dict) and bool(figures(part)) for part in parts)


def figures(part: Mapping[str, Any]) -> dict[str, float]:
    """The numeric figures of one direction."""
    return {name: value for name, value in part.items() if isinstance(value, int | float) and value is not True}


def figure_rows(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """One row per measure, in both directions, with 95 % intervals if available."""
    if "zero_shot" in report:
        return [{"measure": name, "value": f"{value:.4g}"} for name, value in figures(report["zero_shot"]).items()]
    names = dict.fromkeys(name for key in DIRECTIONS for name in figures(report[key]))
    return [{"measure": name, **{way: _cell(report[key], name) for key, way in DIRECTIONS.items()}} for name in names]


def recall_rows(one: Measured, direction: str, letter: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of a chart of R@K or P@K: the whole curve, if embeddings are there, and the reported K with intervals."""
    ranks = one.first_ranks.get(direction)
    curve = []
    if ranks is not None and letter == "R" and one.pairs is not None:
        most = len(one.pairs.images if direction == "text_to_image" else one.pairs.texts)
        curve = [
            {"name": one.name, "k": k, "value": round(100 * float((ranks <= k).mean()), 3)}
            for k in CURVE_KS
            if k <= most
        ]
    part = one.report.get(direction, {})
    points = []
    for name, value in figures(part).items():
        if name.startswith(f"{letter}@"):
            ends = part.get("ci95", {}).get(name)
            interval = {"low": ends[0], "high": ends[1]} if ends else {}
            points.append({"name": one.name, "k": int(name[2:]), "value": value, **interval})
    return curve, points


def _of_pairs(name: str, pairs: api.evaluation.EmbeddedPairs, paths: Mapping[str, Path]) -> Measured:
    report = api.evaluation.evaluate_pairs(pairs)
    first = {way: np.array([ranks[0] for ranks in found]) for way, found in report.ranks.items()}
    return Measured(name, report.to_json(), pairs, first, paths)


def _cell(part: Mapping[str, Any], name: str) -> str:
    value = figures(part).get(name)
    if value is None:
        return ""
    ends = part.get("ci95", {}).get(name)
    shown = ".3f" if name == "MRR" else ".1f"
    return f"{value:{shown}}" + (f"  [{ends[0]:{shown}}, {ends[1]:{shown}}]" if ends else "")
