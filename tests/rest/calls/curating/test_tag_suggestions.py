"""Tags that are suggested for many photos at once, to look at or to give."""

from pathlib import Path

import pytest

from rest.served_library import client_of, code
from twinlens.collection.describing import tag_suggestions
from twinlens.everyday.tags import EverydayTags

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
