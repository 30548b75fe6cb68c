"""Draw the lessons of each step: captions of photos, and texts without a photo."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from twinlens.training.languages.lessons import ENGLISH, Lessons, TaughtText, prompt
from twinlens.training.languages.plan import TeachingPlan

GROUP = 6  # batches that are drawn together and sorted by length, so that padding costs little
ENGLISH_SHARE = 0.35
SENTENCE_SHARE, WORD_SHARE = 0.40, 0.53  # the rest are labels


class Captions(NamedTuple):
    """B texts and the photos that they describe."""

    texts: list[str]
    photos: list[str]


class Lesson(NamedTuple):
    """What one step learns from."""

    captions: Captions
    taught: list[TaughtText]


def draw_lessons(lessons: Lessons, photos: Sequence[str], plan: TeachingPlan, *, seed: int) -> Iterator[Lesson]:
    """Lessons without end.

    Args:
        lessons: to draw from.
        photos: image ids of those to draw captions of, each lesson of different ones.
        plan: how many captions and texts a lesson has, and how often each language is drawn.
        seed: of everything drawn.
    """
    rng = np.random.default_rng(seed)
    captions, taught, weights = plan.captions, plan.taught, dict(plan.languages)
    group = max(1, min(GROUP, len(photos) // captions))
    others = [language for language in lessons.captions if language != ENGLISH]
    shares = np.array([weights.get(language, 1.0) for language in others])
    while True:
        chosen = rng.choice(len(photos), min(group * captions, len(photos)), replace=False)
        described = [_caption(lessons, photos[place], others, shares, rng) for place in chosen]
        texts = [_taught(lessons, rng) for _ in range(group * taught)] if lessons.has_texts else []
        described.sort(key=lambda own: len(own[0].encode()))
        texts.sort(key=lambda own: len(own.text.encode()))
        for place in rng.permutation(group):
            own = described[place * captions : (place + 1) * captions]
            yield Lesson(
                Captions([text for text, _ in own], [photo for _, photo in own]),
                texts[place * taught : (place + 1) * taught],
            )


def _caption(
    lessons: Lessons, photo: str, others: list[str], shares: np.ndarray, rng: np.random.Generator
) -> tuple[str, str]:
    language = ENGLISH
    if others and rng.random() >= ENGLISH_SHARE:
        language = others[rng.choice(len(others), p=shares / shares.sum())]
    own = lessons.captions[language].get(photo) or lessons.captions[ENGLISH][photo]
    return own[rng.integers(len(own))], photo


def _taught(lessons: Lessons, rng: np.random.Generator) -> TaughtText:
    kinds = [lessons.sentences, lessons.words, lessons.labels]
    shares = np.array([SENTENCE_SHARE, WORD_SHARE, 1 - SENTENCE_SHARE - WORD_SHARE]) * [bool(kind) for kind in kinds]
    kind = int(rng.choice(3, p=shares / shares.sum()))
    if kind == 1:
        return lessons.words[int(rng.integers(len(lessons.words)))]
    if kind == 0:
        sentence = lessons.sentences[int(rng.integers(len(lessons.sentences)))]
        return TaughtText(sentence, sentence)
    label = lessons.labels[int(rng.integers(len(lessons.labels)))]
    return TaughtText(label if rng.random() < 0.5 else prompt(label), prompt(label))
