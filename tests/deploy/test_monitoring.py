"""The board and the alerts ask for metrics and labels that the server has."""

import json
import re
from pathlib import Path

import pytest

from twinlens.rest.metrics import Metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
BY_PROMETHEUS = {"up", "instance", "job"}


def known() -> set[str]:
    """Names of all metrics, with the endings that Prometheus' kinds have, and of their labels."""
    metrics = Metrics("home")
    metrics.answered({"type": "http", "method": "GET"}, 200, 0.1)
    metrics.stages.labels("search").observe(0.1)
    metrics.cache.labels("thumbnails", "hit").inc()
    text = metrics.text().decode()
    return set(re.findall(r"^(\w+)[{ ]", text, re.MULTILINE)) | set(re.findall(r'(\w+)="', text)) | BY_PROMETHEUS


def board_expressions() -> list[str]:
    panels = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def alert_expressions() -> list[str]:
    return re.findall(r"expr: (.+)", (DEPLOY / "twinlens-rules.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("expressions", [board_expressions, alert_expressions])
def test_what_is_asked_for_is_counted(expressions: object) -> None:
    asked = expressions()  # type: ignore[operator]
    assert len(asked) >= 3
    for one in asked:
        names = set(re.findall(r"\b(twinlens_\w+|up)\b", one))
        labels = set(re.findall(r"(\w+)=~?\"", one))
        by = {name.strip() for group in re.findall(r"by \(([^)]*)\)", one) for name in group.split(",")}
        assert names, one
        assert names | labels | by <= known(), one
