"""Tags that are suggested for many photos at once, to look at or to give."""

from pathlib import Path
from typing import Any

import pytest

from rest.served_library import client_of, code
from twinlens.collection.describing import tag_suggestions
from twinlens.everyday.tags import EverydayTags
from twinlens.rest.settings import Settings

PHOTOS = ["beach/red.png", "wood/green.png", "black.png"]


@pytest.fixture(autouse=True)
def few_descriptions(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them take half a minute."""
    few = ("a red wall", "a green meadow", "a receipt", "a cat", "a spoon")
    tags = EverydayTags(["wall, wall", "grass, meadow", "receipt, receipt"], few)
    monkeypatch.setattr(tag_suggestions, "descriptions", lambda language="en": few)
    monkeypatch.setattr(tag_suggestions, "everyday_tags", lambda: tags)


def test_suggestions_are_looked_at_and_then_given(library: Path) -> None:
    with client_of(library) as client:
        asked = {"image_ids": PHOTOS, "min_grade": "possible", "language": "de"}
        seen = client.post("/api/tags/suggest", json=asked).json()
        assert (seen["changed"], seen["language"]) == (0, "de")
        assert client.get("/api/tags").json()["tags"] == []
        suggested = {one["image_id"]: {tag["tag"] for tag in one["suggested"]} for one in seen["results"]}
        assert set().union(*suggested.values()) <= {"Wand", "Gras", "Kassenbon"}
        given = client.post("/api/tags/suggest", json={**asked, "accept": True}).json()
        assert given["changed"] == len(suggested) > 0
        for image_id, tags in suggested.items():
            assert set(client.get(f"/api/photo/{image_id}").json()["tags"]) == tags
        assert client.post("/api/tags/suggest", json={**asked, "accept": True}).json()["results"] == []


def test_labels_of_the_caller_are_chosen_from(library: Path) -> None:
    with client_of(library) as client:
        labels = [{"name": " Wall ", "phrases": ["a red wall"]}, {"name": "meadow", "phrases": ["a green meadow"]}]
        asked = {"image_ids": PHOTOS, "labels": labels, "min_grade": "possible"}
        found = client.post("/api/tags/suggest", json=asked).json()
        assert {tag["tag"] for one in found["results"] for tag in one["suggested"]} <= {"Wall", "meadow"}
        for wrong in ([], [{"name": " "}], [{"name": "x" * 200}], [{"phrases": ["wall"]}]):
            assert client.post("/api/tags/suggest", json={**asked, "labels": wrong}).status_code == 422
        unknown = client.post("/api/tags/suggest", json={**asked, "image_ids": ["../secret.png"]})
        assert code(unknown) == "unknown_image"


def of_phrases(labels: int, phrases: int) -> dict[str, Any]:
    """A call with so many labels, each with so many phrases."""
    own = ["a red wall"] * phrases
    return {"image_ids": ["black.png"], "labels": [{"name": f"tag {one}", "phrases": own} for one in range(labels)]}


def test_labels_have_no_more_phrases_than_can_be_embedded(library: Path) -> None:
    with client_of(library) as client:
        refused = client.post("/api/tags/suggest", json=of_phrases(101, 20))
        assert refused.status_code == 422
        assert "labels may have 2,000 phrases in all, got 2,020" in refused.json()["error"]["message"]


def test_phrases_cost_as_much_as_labels(library: Path) -> None:
    with client_of(library, Settings(requests_per_minute=40)) as client:
        answers = [client.post("/api/tags/suggest", json=of_phrases(20, 19)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]  # 41 of a minute's 40


def test_suggestions_take_turns_with_explanations(library: Path) -> None:
    with client_of(library) as client:
        turns = client.app.state.engine._explain_turns  # type: ignore[attr-defined]
        turns._patience_s, turns._free = 0.01, 0
        refused = client.post("/api/tags/suggest", json=of_phrases(1, 0))
        turns._free = 1
    assert (refused.status_code, code(refused)) == (503, "too_busy")
