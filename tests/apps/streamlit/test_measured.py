"""Figures read from saved files, and what is drawn of them."""

import json

import pytest

from twinlens.apps.streamlit.measured import Measured, draw_measured, figure_rows, read_measured, shared_measures
from twinlens.errors import DataError

BOTH = {
    "text_to_image": {"R@1": 10.0, "R@10": 50.0, "P@1": 10.0, "MRR": 0.25, "ci95": {"R@1": [8.0, 12.0]}},
    "image_to_text": {"R@1": 20.0, "R@10": 60.0, "P@1": 20.0, "MRR": 0.3},
}


def test_a_saved_report_gives_a_row_a_measure() -> None:
    measured = read_measured("mine.json", json.dumps(BOTH).encode())
    assert measured.pairs is None
    rows = figure_rows(measured.report)
    assert rows[0] == {"measure": "R@1", "text → image": "10.0  [8.0, 12.0]", "image → text": "20.0"}
    assert rows[-1] == {"measure": "MRR", "text → image": "0.250", "image → text": "0.300"}


def test_a_report_of_classes_has_one_column() -> None:
    report = {"zero_shot": {"top1": 81.5, "n_images": 100, "prompts": ["a photo of a {}"]}, "model": "m"}
    measured = read_measured("classes.json", json.dumps(report).encode())
    assert figure_rows(measured.report) == [
        {"measure": "top1", "value": "81.5"},
        {"measure": "n_images", "value": "100"},
    ]
    assert draw_measured([measured]) == {}


def test_bars_show_what_all_reports_have() -> None:
    other = {key: {"R@1": 1.0, "R@10": 2.0, "R@5": 3.0} for key in BOTH}
    assert shared_measures([BOTH, other], "R@") == ["R@1", "R@10"]
    assert shared_measures([BOTH, other], "P@") == []
    pictures = draw_measured([Measured("a", BOTH), Measured("b", other)])
    assert list(pictures) == ["R@K"]
    assert pictures["R@K"].startswith(b"\x89PNG")
    assert list(draw_measured([Measured("a", BOTH)])) == ["R@K", "P@K"]


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b"{}", b'{"text_to_image": {}}', b'{"zero_shot": null}', b'{"text_to_image": 1}']
)
def test_what_is_no_report_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match=r"mine\.json"):
        read_measured("mine.json", content)


def test_what_is_no_npz_file_is_refused_by_its_own_name() -> None:
    with pytest.raises(DataError, match=r"^mine\.npz"):
        read_measured("mine.npz", b"nothing")
