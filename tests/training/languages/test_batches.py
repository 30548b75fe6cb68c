"""The lessons of each step."""

from collections import Counter

from twinlens.training.languages.batches import draw_lessons
from twinlens.training.languages.lessons import Lessons, TaughtText
from twinlens.training.languages.plan import TeachingPlan

PHOTOS = [f"{number}.jpg" for number in range(60)]
LESSONS = Lessons(
    {
        "en": {photo: [f"english {photo}"] for photo in PHOTOS},
        "de": {photo: [f"deutsch {photo}"] for photo in PHOTOS[:30]},
    },
    ["a sentence"],
    [TaughtText("perro", "dog")],
    ["tench"],
)

PLAN = TeachingPlan(captions=10, taught=8)


def drawn(lessons: Lessons, *, seed: int = 1, steps: int = 40) -> list:
    stream = draw_lessons(lessons, lessons.photos, PLAN, seed=seed)
    return [next(stream) for _ in range(steps)]


def test_a_lesson_has_captions_of_different_photos_and_texts_of_all_kinds() -> None:
    lessons = drawn(LESSONS)
    assert all(len(set(own.captions.photos)) == 10 and len(own.taught) == 8 for own in lessons)
    assert all(text.endswith(photo) for own in lessons for text, photo in zip(*own.captions, strict=True))
    languages = Counter(text.split()[0] for own in lessons for text in own.captions.texts)
    assert 0.2 < languages["deutsch"] / 400 < 0.45  # of the half of the photos that have German captions, two thirds
    assert {text.text for own in lessons for text in own.taught} == {
        "a sentence",
        "perro",
        "tench",
        "a photo of a tench",
    }


def test_a_label_is_taught_as_its_prompt() -> None:
    taught = {text for own in drawn(LESSONS) for text in own.taught if "tench" in text.text}
    assert {text.english for text in taught} == {"a photo of a tench"}


def test_the_seed_decides() -> None:
    assert drawn(LESSONS, steps=3) == drawn(LESSONS, steps=3)
    assert drawn(LESSONS, steps=3) != drawn(LESSONS, steps=3, seed=2)


def test_without_texts_only_captions_are_drawn() -> None:
    assert all(own.taught == [] for own in drawn(Lessons(LESSONS.captions), steps=3))
