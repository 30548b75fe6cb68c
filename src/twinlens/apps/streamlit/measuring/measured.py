"""Results of evaluations, computed or read from saved files."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from twinlens import api
from twinlens.apps.streamlit.measuring.figures import is_report
from twinlens.errors import DataError

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
        origin: the model and data that were measured, or the file; of two of one origin only the newer is kept.
        key: tells it from other evaluations.
    """

    name: str
    report: dict[str, Any]
    pairs: api.evaluation.EmbeddedPairs | None = None
    first_ranks: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    paths: Mapping[str, Path] = field(default_factory=dict)
    origin: str = ""
    key: str = field(default_factory=lambda: uuid4().hex)


def measure_folder(data: str, *, split: str, model: str, on_photos: Progress, on_texts: Progress) -> list[Measured]:
    """Evaluates a model on captioned or classified photos; captions in several languages give one each.

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
    origin = origin_of(data, split, model)
    if api.evaluation.is_classified(data):
        report = api.evaluation.evaluate(model, data, on_progress=on_photos, on_texts=on_texts)
        return [Measured(f"{model_name(model)} on {Path(data).name}", report.to_json(), origin=origin)]
    if api.evaluation.is_compositional(data):
        raise DataError(f"{data} has foils, not captions to search by; measure it with 'twinlens evaluate --data'")
    pairs = api.evaluation.embed_pairs(model, data, split, on_progress=on_photos, on_texts=on_texts)
    paths = api.datasets.photo_paths(data)
    return [_of_pairs(f"{model_name(model)} on {own.name}", own, paths, origin=origin) for own in _by_language(pairs)]


def read_measured(name: str, content: bytes) -> list[Measured]:
    """Reads the output of ``twinlens evaluate``, ``--json`` or ``--save-embeddings``; one for each language.

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
        several = _by_language(pairs)
        names = [name] if len(several) == 1 else [f"{name}, {own.languages[0]}" for own in several]
        return [_of_pairs(own_name, own, {}, origin=name) for own_name, own in zip(names, several, strict=True)]
    try:
        report = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{name} is not valid JSON: {error}; save one with 'twinlens evaluate --json > FILE'"
        ) from error
    if isinstance(report, dict) and isinstance(languages := report.get("languages"), dict):
        own_reports = {f"{name}, {language}": own for language, own in languages.items()}
    else:
        own_reports = {name: report}
    if not own_reports or not all(map(is_report, own_reports.values())):
        raise DataError(
            f"{name} is not a report of searches by captions or of classes; "
            "save one with 'twinlens evaluate --json > FILE'"
        )
    return [Measured(own_name, own, origin=name) for own_name, own in own_reports.items()]


def origin_of(data: str, split: str, model: str) -> str:
    """What tells the evaluation of a model on a split from others."""
    return f"{model} on {data}, {split}"


def model_name(model: str) -> str:
    """A short name of a model: a bundle's own, or that of its folder.

    >>> model_name("default"), model_name("~/work/runs/heads/")
    ('default', 'heads')
    """
    return Path(model).name or model


def kept_with(kept: Sequence[Measured], new: Sequence[Measured]) -> list[Measured]:
    """Evaluations after new ones: those of the same origin are replaced, and no two have one name."""
    origins = {one.origin for one in new}
    together = [one for one in kept if one.origin not in origins]
    for one in new:
        taken = {other.name for other in together}
        names = (one.name, *(f"{one.name} ({number})" for number in range(2, len(together) + 3)))
        together.append(replace(one, name=next(name for name in names if name not in taken)))
    return together


def _by_language(pairs: api.evaluation.EmbeddedPairs) -> list[api.evaluation.EmbeddedPairs]:
    languages = sorted(set(pairs.languages))
    return [pairs.in_language(language) for language in languages] if len(languages) > 1 else [pairs]


def _of_pairs(name: str, pairs: api.evaluation.EmbeddedPairs, paths: Mapping[str, Path], *, origin: str) -> Measured:
    report = api.evaluation.evaluate_pairs(pairs)
    first = {way: np.array([ranks[0] for ranks in found]) for way, found in report.ranks.items()}
    return Measured(name, report.to_json(), pairs, first, paths, origin)
