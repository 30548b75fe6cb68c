"""Results of evaluations, computed or read from saved files."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twinlens import api
from twinlens.apps.streamlit.pictures import drawn
from twinlens.errors import DataError

DIRECTIONS = {"text_to_image": "text → image", "image_to_text": "image → text"}
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Measured:
    """The evaluation of one model on one split.

    Attributes:
        name: heading for the results.
        report: the output of ``twinlens evaluate --json``.
        pairs: the embeddings; None if only the figures were saved.
    """

    name: str
    report: dict[str, Any]
    pairs: api.evaluation.EmbeddedPairs | None = None


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
    return Measured(f"{pairs.name}, model {model}", api.evaluation.evaluate_pairs(pairs).to_json(), pairs)


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
        return Measured(name, api.evaluation.evaluate_pairs(pairs).to_json(), pairs)
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


def draw_measured(several: Sequence[Measured]) -> dict[str, bytes]:
    """Title → PNG: R@K and P@K curves and a heat map if there are embeddings, else bars.

    Several models are also compared in one plot.

    Raises:
        TwinlensError: matplotlib is not installed.
    """
    pictures = {}
    for one in several:
        if one.pairs is not None:
            curves = drawn(api.evaluation.draw_recall_curves, one.pairs, title=one.name)
            pictures[f"R@K and P@K: {one.name}"] = curves
            heat_map = drawn(api.evaluation.draw_cosine_heat_map, one.pairs, title=one.name)
            pictures[f"Similarity of photos and captions: {one.name}"] = heat_map
    ranked = {one.name: one.report for one in several if "zero_shot" not in one.report}
    if len(ranked) > 1 or any(one.pairs is None for one in several if one.name in ranked):
        for letter in "RP":
            if shared := shared_measures(ranked.values(), f"{letter}@"):
                bars = drawn(api.evaluation.draw_model_comparison, ranked, measures=shared, title=f"{letter}@K")
                pictures[f"{letter}@K"] = bars
    return pictures


def shared_measures(reports: Any, prefix: str) -> list[str]:
    """The measures that all reports have in both directions, such as R@1 and R@10, by K."""
    each = [set(figures(report[key])) for report in reports for key in DIRECTIONS]
    names = [name for name in set.intersection(*each) if name.startswith(prefix)] if each else []
    return sorted(names, key=lambda name: (len(name), name))


def _cell(part: Mapping[str, Any], name: str) -> str:
    value = figures(part).get(name)
    if value is None:
        return ""
    ends = part.get("ci95", {}).get(name)
    shown = ".3f" if name == "MRR" else ".1f"
    return f"{value:{shown}}" + (f"  [{ends[0]:{shown}}, {ends[1]:{shown}}]" if ends else "")
