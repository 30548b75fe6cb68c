"""docs/results.md is written from docs/results.json, and tells mean and deviation of the seeds."""

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import results_page

    yield results_page
    for name in ("results_page", "result_rows"):
        sys.modules.pop(name, None)


def measured(r1: float) -> dict[str, Any]:
    way = {"R@1": r1, "R@5": 40.0, "R@10": 50.0, "MRR": 0.3, "MedR": 5.0, "ci95": {"R@1": [r1 - 1, r1 + 1]}}
    both = {"text_to_image": way, "image_to_text": way}
    return both | {"n_images": 1000, "date": "2026-11-28", "torch": "2.13.0", "parameters": 1000, "seconds": 9.0}


def test_the_committed_page_is_that_of_the_records(page: Any) -> None:
    records = page.Records.read(ROOT / "docs" / "results.json")
    committed = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    written = page.results_page(records)
    marker = "<!-- figures: default-row -->"
    assert committed.partition(marker)[0] == written.partition(marker)[0]
    assert marker in written


def test_seeds_are_averaged_with_their_deviation(page: Any, tmp_path: Path) -> None:
    records = page.Records(data="flickr8k")
    for seed, r1 in enumerate((20.0, 21.0, 25.0)):
        records.add(f"004-clip-{seed}", measured(r1))
    records.write(tmp_path / "results.json")
    text = page.results_page(page.Records.read(tmp_path / "results.json"))
    (line,) = [line for line in text.splitlines() if line.startswith("| 004 CLIP | 3 ")]
    assert "22.0/40.0/50.0" in line  # mean of 20, 21 and 25
    assert "± 2.6 \\| ± 2.6" in line  # √((4 + 1 + 9) / 2)
    assert "19.0–21.0" in line  # of the first seed
    assert "Not run here: heads (ours), 000 NT-Xent" in text


def test_a_single_run_has_no_deviation(page: Any) -> None:
    records = page.Records(data="flickr8k")
    records.add("003-lstm-0", measured(13.0))
    (line,) = [line for line in page.results_page(records).splitlines() if line.startswith("| 003 LSTM | 1 ")]
    assert "| – |" in line
