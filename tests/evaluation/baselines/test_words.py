import math
from collections import Counter

import numpy as np
import pytest

from twinlens.evaluation.baselines.words import bag_of_words_baseline, tf_idf_baseline, word_scores

CAPTIONS = [
    ["A brown dog runs.", "the dog runs fast", "a dog"],
    ["A man in a red hat", "man with hat"],
    ["two children play", "children on grass", "children play on the grass"],
]


def cosine(one: dict[str, float], other: dict[str, float]) -> float:
    norms = math.sqrt(sum(v * v for v in one.values()) * sum(v * v for v in other.values()))
    return sum(value * other.get(word, 0.0) for word, value in one.items()) / norms if norms else 0.0


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_equal_a_plain_loop_that_leaves_the_query_out(weighted: bool) -> None:
    bags = [[Counter(caption.lower().replace(".", "").split()) for caption in own] for own in CAPTIONS]
    frequency = Counter(word for own in bags for word in set().union(*own))
    weight = {word: math.log(4 / (1 + count)) + 1 if weighted else 1.0 for word, count in frequency.items()}
    expected = []
    for photo, own in enumerate(bags):
        for number, query in enumerate(own):
            row = []
            for other, texts in enumerate(bags):
                kept = [bag for place, bag in enumerate(texts) if (other, place) != (photo, number)]
                document = sum(kept, Counter())
                weigh = [{word: count * weight[word] for word, count in bag.items()} for bag in (query, document)]
                row.append(cosine(*weigh))
            expected.append(row)
    assert word_scores(CAPTIONS, weighted=weighted) == pytest.approx(np.array(expected), abs=1e-5)


def test_a_caption_never_finds_its_photo_by_itself() -> None:
    figures = bag_of_words_baseline([["a zebra"], ["one dog"], ["two cats"]])
    assert figures.text_to_image["R@1"] == 0.0  # nothing else is known of these photos
    assert figures.text_to_image["MeanR"] == 3.0  # and all tie, against


def test_other_captions_of_the_photo_find_it() -> None:
    figures = bag_of_words_baseline(CAPTIONS)
    assert figures.text_to_image["R@1"] == 100.0
    assert figures.image_to_text["R@1"] == 100.0
    assert "other captions" in figures.uses


def test_rare_words_count_more_in_tf_idf() -> None:
    captions = [
        ["a man on a horse", "a man and a horse"],
        ["a man on a bench", "on a bench a man"],
        ["a man on a wall", "a man on on on a"],
    ]
    plain, weighted = word_scores(captions), word_scores(captions, weighted=True)
    assert weighted[0, 0] / weighted[0, 2] > plain[0, 0] / plain[0, 2]  # "horse" tells more than "on"
    assert tf_idf_baseline(captions).name == "TF-IDF"


def test_captions_without_a_word_score_nothing() -> None:
    assert not word_scores([["...", "!"], ["a dog", "dog"]])[:2].any()
