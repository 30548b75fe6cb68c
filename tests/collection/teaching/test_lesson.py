"""A lesson is kept if it is better beyond chance on photos that were held out, and can be undone."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from catalog_photos import put_photos
from collection.conftest import OpenCollection
from conftest import PhotoMaker
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.collection.teaching.head import Head, digest, head_of
from twinlens.collection.teaching.lesson import LessonReport, learn
from twinlens.collection.teaching.pairs import pairs_of
from twinlens.collection.teaching.taught import Taught
from twinlens.collection.teaching.worth import measure, ranks, text_ranks
from twinlens.errors import NothingToLearnError
from twinlens.types import Embeddings

MODEL, OTHER = ModelRecord("small", "small00000000001", 8), ModelRecord("other", "other00000000002", 8)


def encode(texts: Sequence[str]) -> Embeddings:
    raise AssertionError(f"captions are embedded already, got {texts}")


def captioned(catalog: Catalog, *, turned: bool, count: int = 80) -> None:
    """Photos of random directions with a caption each, whose vector is the photo's, turned by a quarter or not."""
    draw = np.random.default_rng(0)
    ids = put_photos(catalog, [f"{number}.jpg" for number in range(count)])
    rows = draw.normal(size=(count, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    turn = np.linalg.qr(draw.normal(size=(8, 8)))[0].astype(np.float32)
    catalog.remember_model(MODEL)
    with catalog.transaction() as connection:
        vectors = [(row.astype("<f4").tobytes(), number) for number, row in zip(ids, rows, strict=True)]
        connection.executemany("UPDATE vectors SET embedding = ? WHERE photo_id = ?", vectors)
    with catalog.writing() as writer:
        for number, row in zip(ids, rows, strict=True):
            writer.put_caption(number, f"caption of {number}", row @ turn if turned else row)


def test_a_lesson_that_is_better_is_kept_and_undone(catalog: Catalog) -> None:
    captioned(catalog, turned=True)
    report = learn(catalog, MODEL, encode)
    assert report.is_kept
    assert report.worth.mrr.low > 0
    assert report.worth.num_photos == 16  # a fifth
    head = head_of(catalog.feedback.lesson())
    assert head is not None
    assert head.model == MODEL.fingerprint
    assert "learnt from 80 texts; on 16 texts of 16 photos held out: R@10" in report.told()
    assert report.worth.caption_mrr.low > 0
    assert head.of_captions
    assert report.told().endswith(f"; from photos to texts MRR {report.worth.caption_mrr}")
    assert catalog.feedback.undo_lesson()
    assert not catalog.feedback.undo_lesson()


def test_a_lesson_that_is_not_better_is_refused_with_its_figures(catalog: Catalog) -> None:
    captioned(catalog, turned=False)
    report = learn(catalog, MODEL, encode)
    assert not report.is_kept
    assert report.told().startswith("nothing was changed, because what was learnt is not better on 16 texts")
    assert "MRR 1.000 before" in report.told()
    assert catalog.feedback.lesson() is None


def test_too_little_to_learn_from_is_told(catalog: Catalog) -> None:
    captioned(catalog, turned=True, count=5)
    with pytest.raises(NothingToLearnError, match=r"a lesson needs 40 photos with captions.* there are 5;"):
        learn(catalog, MODEL, encode)


def test_queries_with_good_photos_are_learnt_from(catalog: Catalog) -> None:
    ids = put_photos(catalog, [f"{number}.jpg" for number in range(45)])
    catalog.remember_model(MODEL)
    catalog.feedback.put("query:rex", good=ids[:44], bad=ids[44:])
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> Embeddings:
        asked.extend(texts)
        return np.eye(8, dtype=np.float32)[: len(texts)]

    report: LessonReport = learn(catalog, MODEL, embed)
    assert (asked, report.num_pairs, report.num_photos) == (["rex"], 44, 44)


def test_a_lesson_of_another_model_is_not_used_and_told(catalog: Catalog) -> None:
    from twinlens.collection.searching.query import Query, QueryVector, Term, parse_query

    captioned(catalog, turned=True)
    learn(catalog, MODEL, encode)
    query, vector = parse_query("x"), QueryVector(np.eye(8, dtype=np.float32)[0], MODEL.fingerprint)
    taught = Taught(catalog)
    changed = taught.refined(query, vector, MODEL, captions=False)
    assert changed is not None
    assert not np.allclose(changed.embedding, vector.embedding)
    assert taught.refined(query, vector, MODEL, captions=True) == vector  # captions are compared as texts
    photo = Query((Term("photo", "1.jpg"),), "1.jpg")
    of_captions = taught.refined(photo, vector, MODEL, captions=True)
    assert of_captions is not None
    assert not np.allclose(of_captions.embedding, vector.embedding)
    assert taught.refined(photo, vector, MODEL, captions=False) == vector  # photos are compared as photos
    assert taught.opinions(query).told() == ()
    catalog.remember_model(OTHER)
    assert taught.refined(query, vector, OTHER, captions=False) == vector
    assert taught.refined(photo, vector, OTHER, captions=True) == vector
    (told,) = taught.opinions(query).told()
    assert "is of another model and not used" in told


def test_damaged_weights_are_not_used(catalog: Catalog) -> None:
    weights = Head("m", np.ones((8, 8), dtype=np.float32)).to_bytes()
    catalog.feedback.put_lesson("m", f'{{"digest": "{digest(weights)}"}}', weights)
    assert head_of(catalog.feedback.lesson()) is not None
    with catalog.transaction() as connection:
        connection.execute("UPDATE lessons SET weights = ?", (weights[:-1] + b"\xff",))
    assert head_of(catalog.feedback.lesson()) is None


def test_ranks_are_those_of_a_plain_loop() -> None:
    draw = np.random.default_rng(1)
    photos = draw.normal(size=(30, 4)).astype(np.float32)
    texts = {name: draw.normal(size=4).astype(np.float32) for name in "abc"}
    good = [("a", 3), ("a", 7), ("b", 7), ("c", 0), ("a", 11)]
    pairs = pairs_of(good, texts)
    own = {name: [photo for text, photo in good if text == name] for name in texts}
    expected = []
    for text, photo in good:
        scores = photos @ texts[text]
        expected.append(sum(scores[one] >= scores[photo] for one in range(30) if one == photo or one not in own[text]))
    assert ranks(pairs.texts, pairs, photos).tolist() == expected


def test_ranks_of_texts_are_those_of_a_plain_loop() -> None:
    draw = np.random.default_rng(2)
    photos = draw.normal(size=(6, 4)).astype(np.float32)
    texts = {name: draw.normal(size=4).astype(np.float32) for name in "abcdefgh"}
    good = [("a", 3), ("b", 3), ("c", 0), ("d", 5), ("e", 5), ("f", 1), ("g", 1), ("h", 2), ("a", 4)]
    pairs = pairs_of(good, texts)
    expected = []
    for photo in (0, 3, 5):
        own = {text for text, one in good if one == photo}
        best = max(photos[photo] @ texts[text] for text in own)
        expected.append(1 + sum(photos[photo] @ texts[text] >= best for text in texts if text not in own))
    assert text_ranks(photos[[0, 3, 5]], np.array([0, 3, 5]), pairs).tolist() == expected


def test_a_photo_is_compared_with_captions_as_they_were_learnt_but_for_their_lengths() -> None:
    draw = np.random.default_rng(3)
    photo, captions, weights = (draw.normal(size=size).astype(np.float32) for size in (8, (9, 8), (8, 8)))
    learnt = captions + captions @ weights
    (moved,) = Head("m", weights).apply_photos(photo[None])
    ratios = (learnt @ photo) / (captions @ moved)
    assert np.allclose(ratios, ratios[0], rtol=1e-3)
    assert np.isclose(np.linalg.norm(moved), 1.0)


def test_photos_find_captions_as_they_were_learnt_until_the_lesson_is_undone(
    make_photo: PhotoMaker, open_collection: OpenCollection, tmp_path: Path
) -> None:
    red, blue = make_photo("red.png", "red"), make_photo("blue.png", "blue")
    (tmp_path / "captions.csv").write_text("image,caption\nred.png,red\nblue.png,blue\n")
    collection = open_collection()
    collection.index(captions=tmp_path / "captions.csv")
    assert [hit.caption for hit in collection.caption(red)] == ["red", "blue"]
    words = collection.encoder.encode_text(["red", "blue"])
    swap = words.T[:, ::-1] @ np.linalg.pinv(words.T) - np.eye(words.shape[1])  # red means blue, and blue red
    model = collection.encoder.fingerprint
    for of_captions in (False, True):
        weights = Head(model, swap.astype(np.float32)).to_bytes()
        figures = json.dumps({"digest": digest(weights), "of_captions": of_captions})
        collection.catalog.feedback.put_lesson(model, figures, weights)
        first = [collection.caption(photo)[0].caption for photo in (red, blue)]
        assert first == (["blue", "red"] if of_captions else ["red", "blue"])
        assert collection.similar(red)[0].id == "blue.png"
    assert collection.teaching.undo()
    assert [hit.caption for hit in collection.caption(red)] == ["red", "blue"]


def test_photos_of_one_part_are_in_no_other() -> None:
    texts = {str(number): np.eye(8, dtype=np.float32)[number % 8] for number in range(50)}
    pairs = pairs_of([(str(number), number // 2) for number in range(50)], texts)
    parts = [set(part.photo_of.tolist()) for part in pairs.split()]
    assert [len(part) for part in parts] == [15, 5, 5]
    assert len(set.union(*parts)) == 25


def test_no_head_makes_no_difference() -> None:
    texts = {str(number): np.eye(8, dtype=np.float32)[number % 8] for number in range(20)}
    pairs = pairs_of([(str(number), number) for number in range(20)], texts)
    worth = measure(Head("m", np.zeros((8, 8), dtype=np.float32)), pairs, np.eye(20, 8, dtype=np.float32))
    assert (worth.mrr.low, worth.mrr.high, worth.is_better) == (0.0, 0.0, False)
