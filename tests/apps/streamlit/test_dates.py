"""The time line of the app."""

from typing import Any

import pytest
import streamlit

from twinlens.apps.libraries.library import SearchOptions
from twinlens.apps.streamlit.browsing.dates import PERIOD, chart, dates_panel


class Months:
    """A library whose photos are from known months."""

    def __init__(self, *months: tuple[str | None, int]) -> None:
        self._found = list(months)

    def months(self, _options: SearchOptions) -> list[tuple[str | None, int]]:
        return self._found


def test_one_month_is_said_instead_of_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[dict[str, Any]] = []
    said: list[str] = []
    monkeypatch.setattr(streamlit, "vega_lite_chart", lambda *, spec, **_: drawn.append(spec))
    monkeypatch.setattr(streamlit, "caption", said.append)
    monkeypatch.setattr(streamlit, "session_state", {})
    dates_panel(Months(("2023-06", 700), (None, 1)), SearchOptions())  # type: ignore[arg-type]
    assert (drawn, said) == ([], ["700 photos are from June 2023. 1 photo has no date."])
    streamlit.session_state[PERIOD] = "2023-06"  # chosen among others, which a filter hides now
    dates_panel(Months(("2023-06", 700)), SearchOptions())  # type: ignore[arg-type]
    assert len(drawn) == 1


def test_few_bars_are_not_wide() -> None:
    def width(count: int) -> float:
        rows = [{"period": f"2023-{month:02}", "photos": 1, "chosen": False} for month in range(1, count + 1)]
        return float(chart(rows)["mark"]["width"]["band"])

    assert width(2) / 2 == pytest.approx(width(12) / 12)
    assert width(24) == width(12)
