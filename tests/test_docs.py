"""The figures of the embedded model in README and docs: ``scripts/figures.py`` notices what is out of date."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUNDLE = Path("src") / "twinlens" / "model" / "default"
FINGERPRINT = "`default`, fingerprint "


def figures(root: Path, *options: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "figures.py"), "--root", str(root), *options]
    return subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8", check=False)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """README, docs and the manifest, to be altered."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("images"))
    shutil.copy(ROOT / "README.md", tmp_path)
    (tmp_path / BUNDLE).mkdir(parents=True)
    shutil.copy(ROOT / BUNDLE / "model.json", tmp_path / BUNDLE)
    return tmp_path


def test_the_committed_pages_are_up_to_date() -> None:
    checked = figures(ROOT, "--check")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_an_altered_figure_fails_the_check_and_is_written_again(checkout: Path) -> None:
    before = (checkout / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- figures: zero-shot -->(.+?)<!--", before)
    assert shown
    edit(checkout / "README.md", shown[1], "top-1 99.9 %")
    checked = figures(checkout, "--check")
    assert checked.returncode == 1
    assert checked.stderr == "figures of the embedded model are out of date in README.md: run make docs\n"
    assert figures(checkout).returncode == 0
    assert (checkout / "README.md").read_text(encoding="utf-8") == before


def test_a_figure_of_the_manifest_reaches_every_page_that_shows_it(checkout: Path) -> None:
    manifest = json.loads((checkout / BUNDLE / "model.json").read_text(encoding="utf-8"))
    manifest["figures"]["flickr8k/test"]["text_to_image"]["R@1"] = 12.34
    (checkout / BUNDLE / "model.json").write_text(json.dumps(manifest), encoding="utf-8")
    stale = figures(checkout, "--check").stderr
    for page in ("README.md", "docs/model-card.md", "docs/reproducibility.md", "docs/results.md"):
        assert page in stale


@pytest.mark.parametrize("record", sorted(file.stem for file in (ROOT / "docs" / "figures").glob("*.json")))
def test_a_run_of_another_model_must_be_recorded_again(checkout: Path, record: str) -> None:
    file = checkout / "docs" / "figures" / f"{record}.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(found | {"fingerprint": "0123456789abcdef"}), encoding="utf-8")
    checked = figures(checkout, "--check")
    assert checked.returncode == 1
    assert checked.stderr.count("\n") == 1
    assert f"{record}.json was recorded with model 0123456789abcdef" in checked.stderr
    assert f"record it again: {found['command']}" in checked.stderr


def test_a_run_with_another_calibration_must_be_recorded_again(checkout: Path) -> None:
    manifest = json.loads((checkout / BUNDLE / "model.json").read_text(encoding="utf-8"))
    manifest["calibration"]["text"]["hit"]["intercept"] += 0.5
    (checkout / BUNDLE / "model.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert "another calibration of the model; record it again: " in figures(checkout, "--check").stderr


def test_a_missing_record_is_named_with_its_command(checkout: Path) -> None:
    (checkout / "docs" / "figures" / "pointing.json").unlink()
    assert "pointing.json is missing; record it: python scripts/quality.py" in figures(checkout, "--check").stderr


def test_a_fingerprint_typed_by_hand_is_refused_outside_the_decisions(checkout: Path) -> None:
    results = (checkout / "docs" / "results.md").read_text(encoding="utf-8")
    fingerprint = results.split(FINGERPRINT)[1][:16]
    for page in ("docs/decisions/default-model.md", "docs/training.md"):
        file = checkout / page
        file.write_text(file.read_text(encoding="utf-8") + f"\nmodel {fingerprint}\n", encoding="utf-8")
    stderr = figures(checkout, "--check").stderr
    assert "docs/training.md" in stderr
    assert "typed by hand" in stderr
    assert "docs/decisions" not in stderr


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("<!-- figures: default-row -->", "<!-- figures: default-raw -->", "there is no figure 'default-raw'"),
        ("<!-- figures: default-row -->", "", "the figure 'default-row' is missing"),
        ("<!-- end figures -->", "", "a figure is not closed"),
    ],
)
def test_a_broken_marker_is_named(checkout: Path, old: str, new: str, fault: str) -> None:
    edit(checkout / "docs" / "results.md", old, new)
    assert figures(checkout, "--check").stderr.startswith(f"docs/results.md: {fault}")


def test_recording_keeps_command_date_and_fingerprint_but_no_path(checkout: Path) -> None:
    hit = {"image_id": "cat.png", "image_path": "/home/me/cat.png", "probability": 0.9, "grade": "strong"}
    answer = {"query": "a dog", "num_candidates": 28, "results": [hit]}
    assert figures(checkout, "--record", "demo", text=f"{json.dumps(answer)}\n{json.dumps(answer)}\n").returncode == 0
    text = (checkout / "docs" / "figures" / "demo.json").read_text(encoding="utf-8")
    assert {"fingerprint", "date", "command", "found"} <= set(json.loads(text))
    assert "/home/me" not in text
    foreign = figures(checkout, "--record", "demo", text=json.dumps(answer | {"model": "0123456789abcdef"}))
    assert "this is of model 0123456789abcdef" in foreign.stderr


def test_pages_link_only_to_files_that_exist() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)\s]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
