"""Figures of evaluation reports as rows of tables, with their intervals."""

from collections.abc import Mapping
from typing import Any

DIRECTIONS = {"text_to_image": "text → image", "image_to_text": "image → text"}
ABOUT_INTERVALS = "95 % intervals: percentiles of 1,000 bootstrap resamples of the photos"
IN_UNITS = frozenset({"MRR", "MedR", "MeanR"})  # the others are per cent


def is_report(value: object) -> bool:
    """Whether a value has the fields of ``twinlens evaluate --json`` that the app shows."""
    if not isinstance(value, dict):
        return False
    parts = [value.get("zero_shot")] if "zero_shot" in value else [value.get(key) for key in DIRECTIONS]
    return all(isinstance(part, dict) and bool(figures(part)) and _has_intervals(part) for part in parts)


def _has_intervals(part: Mapping[str, Any]) -> bool:
    """Whether its intervals are pairs of numbers, if there are any."""
    known = part.get("ci95", {})
    return isinstance(known, dict) and all(
        isinstance(ends, list) and len(ends) == 2 and all(isinstance(end, int | float) for end in ends)
        for ends in known.values()
    )


def figures(part: Mapping[str, Any]) -> dict[str, float]:
    """The numeric figures of one direction."""
    return {name: value for name, value in part.items() if isinstance(value, int | float) and value is not True}


def figure_rows(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """One row per measure, in both directions, with 95 % intervals if available."""
    if "zero_shot" in report:
        return [{"measure": name, "value": f"{value:.4g}"} for name, value in figures(report["zero_shot"]).items()]
    names = dict.fromkeys(name for key in DIRECTIONS for name in figures(report[key]))
    return [
        {"measure": f"{name}{unit(name)}", **{way: cell(report[key], name) for key, way in DIRECTIONS.items()}}
        for name in names
    ]


def exact_rows(name: str, report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each figure, unrounded: whose it is, the direction, the measure, its value and interval."""
    is_classified = "zero_shot" in report
    rows = []
    for key, way in {"zero_shot": ""}.items() if is_classified else DIRECTIONS.items():
        part = report[key]
        for measure, value in figures(part).items():
            low, high = part.get("ci95", {}).get(measure, ("", ""))
            rows.append(
                {"evaluation": name, "direction": way, "measure": measure, "value": value, "low": low, "high": high}
            )
    return rows


def cell(part: Mapping[str, Any], name: str) -> str:
    """A figure and its interval; empty where it is not known.

    >>> cell({"R@1": 10.04, "ci95": {"R@1": [8.0, 12.0]}}, "R@1")
    '10.0  [8.0, 12.0]'
    """
    value = figures(part).get(name)
    if value is None:
        return ""
    ends = part.get("ci95", {}).get(name)
    shown = ".3f" if name == "MRR" else ".1f"
    return f"{value:{shown}}" + (f"  [{ends[0]:{shown}}, {ends[1]:{shown}}]" if ends else "")


def unit(name: str) -> str:
    """What stands behind the name of a measure that is in per cent.

    >>> unit("R@1"), unit("MedR")
    (' in %', '')
    """
    return "" if name in IN_UNITS else " in %"
