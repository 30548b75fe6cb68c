"""Measure what a library learns from people: words of one's own, feedback, and how long a lesson takes.

    python scripts/teach.py words COLLECTION --labels grocery_store/classes.json
    python scripts/teach.py feedback COLLECTION --captions flickr8k/captions.json
    python scripts/teach.py speed --photos 100000

COLLECTION is an indexed collection: for words with the labelled photos and at least as many others as make up the
gallery, for feedback with the captioned ones. ``docs/how-to/teach.md`` has the figures.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinlens import Collection
from twinlens.collection.catalog.rows import id_array
from twinlens.collection.teaching.directions import Library, rows_of
from twinlens.collection.teaching.head import Head, train
from twinlens.collection.teaching.lesson import STRENGTHS
from twinlens.collection.teaching.pairs import pairs_of
from twinlens.collection.teaching.rocchio import BAD, GOOD, refined_text
from twinlens.collection.teaching.worth import measure, mrr
from twinlens.types import Embeddings

WORDS, TAUGHT, GALLERY = 10, 5, 3000
LOOKED_AT, MARKED = 20, 3
NOT_SHOWN = frozenset("a an the in on of and is are with at to his her through near while by up its for from".split())


def main() -> int:
    """Measures; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("words", "feedback", "speed"))
    parser.add_argument("collection", type=Path, nargs="?")
    parser.add_argument("--labels", type=Path, help="JSON list of file_name and class_name")
    parser.add_argument("--captions", type=Path, help="JSON list of file_name and caption")
    parser.add_argument("--draws", type=int, default=10, help="times that other photos are learnt from")
    parser.add_argument("--photos", type=int, default=100_000, help="size of the made-up library")
    options = parser.parse_args()
    if options.what == "speed":
        return speed(options.photos)
    with Collection(options.collection) as collection:
        ids = collection.catalog.select_ids()
        names = dict(collection.catalog.rows("SELECT id, path FROM photos"))
        files = [Path(names[number]).name for number in ids.tolist()]
        photos = rows_of(collection.catalog.embeddings(ids))
        assert photos is not None, "the collection has photos"
        alike = rows_of(collection.catalog.features.embeddings(id_array([(number,) for number in ids.tolist()])))
        encode = collection.encoder.encode_text
        if options.what == "words":
            words(photos, alike, _labels(options.labels, files), encode, draws=options.draws)
        else:
            feedback(photos, _captions(options.captions), files, encode)
    return 0


# --- words of one's own -----------------------------------------------------------------------


def words(
    photos: Embeddings,
    alike: Embeddings | None,
    labels: Sequence[str],
    encode: Callable[[list[str]], Embeddings],
    *,
    draws: int,
) -> None:
    """R@5 and P@5 of ten words, each for a class whose name finds none of its photos among the first five."""
    labelled = np.array(labels)
    names = sorted(set(labels) - {""})
    shown = np.flatnonzero(labelled != "")
    gallery = np.concatenate([shown, np.flatnonzero(labelled == "")[: max(0, GALLERY - len(shown))]])
    named = encode(names) @ photos[gallery].T
    firsts = labelled[gallery[np.argsort(-named, axis=1)[:, :5]]]
    unknown = [name for name, first in zip(names, firsts, strict=True) if name not in first]
    chosen = sorted(np.random.default_rng(7).choice(unknown, WORDS, replace=False).tolist())
    print(f"{len(unknown)} of {len(names)} classes are not found by name; taught: {', '.join(chosen)}")
    print(f"{len(gallery):,} photos, of which each word is learnt from {TAUGHT}; {draws} draws\n")
    found: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    libraries = {"embedding": (photos, Library(photos))}
    if alike is not None:
        libraries["features"] = (alike, Library(alike))
    for name in chosen:
        for draw in range(draws):
            own = np.flatnonzero(labelled == name)
            learnt = np.random.default_rng(draw).choice(own, TAUGHT, replace=False)
            among = np.setdiff1d(gallery, learnt)
            for space, (rows, library) in libraries.items():
                for way, query in _ways(rows, library, learnt).items():
                    first = among[np.argsort(-(rows[among] @ query), kind="stable")[:5]]
                    right = labelled[first] == name
                    found[f"{space}, {way}"].append((bool(right.any()), float(right.mean())))
    for way, hits in found.items():
        rate, share = np.mean(np.array(hits, dtype=float), axis=0) * 100
        print(f"{way:40s} R@5 {rate:5.1f} %   of the first five right {share:5.1f} %")


def _ways(rows: Embeddings, library: Library, learnt: NDArray[np.int64]) -> dict[str, Embeddings]:
    direction = library.direction(rows[learnt])
    assert direction is not None, "the library has many photos"
    others = np.random.default_rng(0).choice(len(rows), 500, replace=False)
    matrix = np.concatenate([rows[learnt], rows[others]]) - rows.mean(axis=0)
    weights = np.sqrt(np.concatenate([np.full(len(learnt), 10.0), np.ones(len(others))]))
    target = np.concatenate([np.ones(len(learnt)), np.zeros(len(others))]) * weights
    weighted = matrix * weights[:, None]
    ridge = weighted.T @ np.linalg.solve(weighted @ weighted.T + 0.1 * np.eye(len(weighted)), target)
    return {
        "mean": rows[learnt].mean(axis=0),
        "mean, centred": rows[learnt].mean(axis=0) - rows.mean(axis=0),
        "decorrelated (as built)": direction,
        "ridge, 500 negatives": ridge.astype(np.float32),
    }


# --- feedback -------------------------------------------------------------------------------


def feedback(
    photos: Embeddings,
    captions: Mapping[str, Sequence[str]],
    files: Sequence[str],
    encode: Callable[[list[str]], Embeddings],
) -> None:
    """mAP and P@10 of words of captions, before and after up to three photos of each kind were marked."""
    counts = [Counter(word for text in captions.get(file, ()) for word in set(_spelled(text))) for file in files]
    total = Counter(word for count in counts for word, number in count.items() if number >= 2)
    names = [word for word, number in total.most_common(400) if 10 <= number <= 250 and word not in NOT_SHOWN]
    library, texts = Library(photos), encode(names)
    before: list[tuple[float, float]] = []
    after: list[tuple[float, float]] = []
    for name, text in zip(names, texts, strict=True):
        right = np.array([count[name] >= 2 for count in counts])
        wrong = np.array([count[name] == 0 for count in counts])  # one caption of five may be a slip
        first = np.argsort(-(photos @ text))[:LOOKED_AT]
        good, bad = first[right[first]][:MARKED], first[wrong[first]][:MARKED]
        rest = np.setdiff1d(np.flatnonzero(right | wrong), np.concatenate([good, bad]))
        refined = refined_text(text, photos[good], photos[bad], library)
        for query, values in ((text, before), (refined, after)):
            values.append(_precision(right[rest[np.argsort(-(photos[rest] @ query), kind="stable")]]))
    print(f"{len(names)} words, weights {GOOD:g} and {BAD:g}; the marked photos are left out of both rankings")
    for title, figures in (("before", before), ("after", after)):
        average, first_ten = np.nanmean(np.array(figures), axis=0) * 100
        print(f"{title:7s} mAP {average:.1f} %   P@10 {first_ten:.1f} %")


def _precision(right: NDArray[np.bool_]) -> tuple[float, float]:
    places = np.flatnonzero(right)
    average = float(np.mean((np.arange(len(places)) + 1) / (places + 1))) if len(places) else float("nan")
    return average, float(right[:10].mean())


def _spelled(text: str) -> list[str]:
    return re.findall("[a-z]+", text.lower())


# --- speed ----------------------------------------------------------------------------------


def speed(count: int) -> int:
    """Seconds of computing of a lesson of 20,000 pairs among so many photos, all drawn."""
    draw = np.random.default_rng(0)
    photos = draw.standard_normal(size=(count, 512), dtype=np.float32)
    photos /= np.linalg.norm(photos, axis=1, keepdims=True)
    texts = {str(number): photos[number] for number in range(min(count, 20_000))}
    pairs = pairs_of([(text, int(text)) for text in texts], texts)
    at, spent = [time.perf_counter()], [time.process_time()]

    def passed() -> str:
        at.append(time.perf_counter())
        spent.append(time.process_time())
        return f"{spent[-1] - spent[-2]:.1f} s of computing, {at[-1] - at[-2]:.1f} s by the clock"

    to_learn, to_choose, held_out = pairs.split()
    head = train(to_learn, photos, "drawn")
    print(f"{count:,} photos, {len(pairs):,} texts: training {passed()}")
    for strength in STRENGTHS:
        mrr(Head("drawn", head.weights * np.float32(strength)), to_choose, photos)
    print(f"three strengths compared: {passed()}")
    measure(head, held_out, photos, every=pairs)
    print(f"before and after on those held out: {passed()}")
    Library(photos[:4096])
    print(f"directions of the library: {passed()}")
    print(f"all together: {spent[-1] - spent[0]:.1f} s of computing")
    return 0


def _labels(file: Path, files: Sequence[str]) -> list[str]:
    known = {one["file_name"]: one["class_name"] for one in json.loads(file.read_text(encoding="utf-8"))}
    return [known.get(name, "") for name in files]


def _captions(file: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in json.loads(file.read_text(encoding="utf-8")):
        found[one["file_name"]].append(one["caption"])
    return found


if __name__ == "__main__":
    sys.exit(main())
