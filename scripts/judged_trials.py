"""The queries that grades are fitted and measured on: judged photos and classes, in libraries of many sizes."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinlens.embedding.local import embed_photos
from twinlens.errors import DataError
from twinlens.evaluation.relevance.judged import Half, JudgedPhotos
from twinlens.evaluation.relevance.trials import (
    NOT_RELEVANT,
    RELEVANT,
    UNSURE,
    LabelledQueries,
    Trial,
    draw_trials,
    joined,
)
from twinlens.model.bundle import HUBS, IMAGE_MODEL
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.relevance.background import library_scale, yardstick
from twinlens.relevance.evidence import score_scale
from twinlens.types import Embeddings
from twinlens.words.asked import asked_for

OTHERS = ("photos_unlabeled", "more/coco_unlabeled_extra")  # folders that fill up the library of 3,000
CLASSES = ("more/grocery_store", "more/clothing")
LARGEST = 3000
ASKING = 8  # photos of a class that are queries
FITTED = {30: 40, 100: 10, 300: 4, 400: 1}  # size of a library → how many are drawn
MEASURED = {30: 60, 300: 6}
UNCALIBRATED = {12: 60, 30: 60, 100: 12, 400: 1}
ALBUM = 0.05  # share of the photos that show a concept, from which on they make an album of it
UNDERSTOOD = 0.6  # of the English average precision: a language in which a query is worth as much is understood


@dataclass(frozen=True)
class Lab:
    """A model, the folder of the photos, and a folder that keeps embeddings.

    Photos are kept by the image tower, so that a new text tower finds them embedded.
    """

    encoder: OnnxDualEncoder
    photos: Path
    cache: Path

    def embed(self, files: Sequence[str]) -> Embeddings:
        """[N, D] of photos, by their paths in the folder."""
        own = self.encoder.bundle.manifest.files  # another text tower leaves the photos as they are
        parts = [own[name].sha256[:16] for name in (IMAGE_MODEL, HUBS) if name in own]
        place = self.cache / f"{'-'.join(parts)}-photos.npz"
        known: dict[str, Embeddings] = {}
        if place.exists():
            with np.load(place) as kept:
                known = dict(zip(kept["files"].tolist(), kept["embeddings"], strict=True))
        missing = [file for file in dict.fromkeys(files) if file not in known]
        if missing:
            show = lambda done: print(f"\rphotos: {done}/{len(missing)}", end="", file=sys.stderr)  # noqa: E731
            found = embed_photos([self.photos / file for file in missing], self.encoder, on_progress=show)
            print(file=sys.stderr)
            if found.skipped:
                raise DataError(f"{found.skipped[0].path} cannot be read: {found.skipped[0].reason}")
            known |= dict(zip(missing, found.embeddings, strict=True))
            place.parent.mkdir(parents=True, exist_ok=True)
            np.savez(place, files=np.array(list(known)), embeddings=np.stack(list(known.values())))
        return np.stack([known[file] for file in files])

    def embed_texts(self, texts: Sequence[str]) -> Embeddings:
        """[Q, D], as a search embeds them; kept for each model."""
        texts = [asked_for(text) for text in texts]
        place = self.cache / f"{self.encoder.fingerprint}-texts.npz"
        known: dict[str, Embeddings] = {}
        if place.exists():
            with np.load(place) as kept:
                known = dict(zip(kept["texts"].tolist(), kept["embeddings"], strict=True))
        if missing := [text for text in dict.fromkeys(texts) if text not in known]:
            known |= dict(zip(missing, self.encoder.encode_text(missing), strict=True))
            place.parent.mkdir(parents=True, exist_ok=True)
            np.savez(place, texts=np.array(list(known)), embeddings=np.stack(list(known.values())))
        return np.stack([known[text] for text in texts])


@dataclass(frozen=True)
class JudgedLibrary:
    """One half of the judged photos, perhaps among photos that nobody has judged, and the queries over them."""

    judged: JudgedPhotos
    photos: Embeddings
    queries: LabelledQueries

    @classmethod
    def of(
        cls,
        lab: Lab,
        judged: JudgedPhotos,
        reference: Embeddings,
        languages: Sequence[str],
        *,
        among: Sequence[str] = (),
    ) -> "JudgedLibrary":
        """Words in some languages, other wordings, and sentences; ``among`` are the files of other photos."""
        photos, parts = lab.embed([*judged.files, *among]), []
        for lines, texts, labels in (judged.words(languages), judged.wordings(), judged.described()):
            vectors = lab.embed_texts(texts)
            known = np.pad(labels, ((0, 0), (0, len(among))), constant_values=UNSURE)
            parts.append(LabelledQueries.of(lines, vectors, photos, known, score_scale(vectors, reference)))
        return cls(judged, photos, joined(parts))

    def trials(self, sizes: dict[int, int]) -> list[Trial]:
        """In random libraries of judged photos."""
        return list(draw_trials(self.queries, sizes, rows=np.arange(len(self.judged.files))))

    def uncalibrated(self, texts: Embeddings, sizes: dict[int, int], *, seed: int = 3) -> Iterator[Trial]:
        """In random libraries, with the scales that a model without a calibration is judged by.

        Args:
            texts: [T, D], the everyday texts.
            sizes: size of a library → how many are drawn.
            seed: of the draws.
        """
        random = np.random.default_rng(seed)
        for size, times in sizes.items():
            for _ in range(times):
                rows = np.sort(random.choice(len(self.photos), min(size, len(self.photos)), replace=False))
                common = yardstick((texts @ self.photos[rows].T).astype(np.float64))
                scale = library_scale(self.queries.scores[:, rows], common)
                yield replace(self.queries, scale=scale).search(rows)

    def folders(self, sizes: dict[int, int], *, seed: int = 1) -> Iterator[Trial]:
        """In sub-folders of random libraries: albums of photos that show one thing, as people make them."""
        random = np.random.default_rng(seed)
        shows = self.judged.shows == RELEVANT
        common = np.flatnonzero(shows.mean(axis=1) >= ALBUM)
        for size, times in sizes.items():
            for _ in range(times):
                rows = np.sort(random.choice(shows.shape[1], min(size, shows.shape[1]), replace=False))
                album = rows[shows[random.choice(common)][rows]]
                if len(album):
                    yield self.queries.search(album, library=f"folders of {size:,}")

    def whole(self, *, folders: int = 10, seed: int = 2) -> Iterator[Trial]:
        """In the library with all photos, and in tenths of it; there only judged photos count."""
        rows = np.random.default_rng(seed).permutation(self.queries.labels.shape[1])
        yield self.queries.search(np.sort(rows))
        for part in np.array_split(rows, folders):
            yield self.queries.search(np.sort(part), library=f"folders of {len(rows):,}")


def photo_trials(lab: Lab, judged: JudgedPhotos, half: Half, reference: Embeddings) -> list[Trial]:
    """Photos as queries: those of half of the classes, and the judged ones; no photo finds itself.

    A photo is right if it has the query's class or, among the judged ones, shares something rare with it.
    """
    files, classes = list(judged.files), [""] * len(judged.files)
    for part in CLASSES:
        rows = json.loads((lab.photos / part / "classes.json").read_text(encoding="utf-8"))
        names = sorted({row["class_name"] for row in rows})[half == "measure" :: 2]
        for name in names:
            own = [f"{part}/images/{row['file_name']}" for row in rows if row["class_name"] == name][: 3 * ASKING]
            files += own
            classes += [f"{part} {name}"] * len(own)
    photos, known = lab.embed(files), np.array(classes)
    labels = (known[:, None] == known[None]).astype(np.int8)
    labels[: len(judged.files), : len(judged.files)] = judged.alike()
    asking = [row for row, name in enumerate(classes) if not name or classes[:row].count(name) < ASKING]
    scores = (photos[asking] @ photos.T).astype(np.float64)
    scores[np.arange(len(asking)), asking] = -np.inf
    labels[asking, asking] = NOT_RELEVANT
    queries = LabelledQueries(
        np.array(["photos" if not classes[row] else f"photos, {classes[row].split()[0]}" for row in asking]),
        labels[asking],
        scores,
        score_scale(photos[asking], reference),
    )
    sizes = {size: max(1, times // 4) for size, times in FITTED.items()} | {len(files): 1}
    return list(draw_trials(queries, sizes, rows=np.arange(len(files))))


def understood(lab: Lab, judged: JudgedPhotos) -> dict[str, float]:
    """The mean average precision of the words in each language, as a share of that in English."""
    photos, found = lab.embed(judged.files), {}
    for language in judged.languages:
        _, texts, labels = judged.words([language])
        found[language] = mean_average_precision(lab.embed_texts(texts) @ photos.T, labels)
    return {language: own / found["en"] for language, own in found.items()}


def mean_average_precision(scores: NDArray[np.float32], labels: NDArray[np.int8]) -> float:
    """Over the queries with a relevant photo; unsure photos are left out."""
    values = []
    for own, label in zip(scores, labels, strict=True):
        ranked = label[label != UNSURE][np.argsort(-own[label != UNSURE], kind="stable")] == RELEVANT
        if ranked.any():
            values.append(float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean()))
    return float(np.mean(values))


def other_photos(folder: Path, count: int, *, known: Sequence[str]) -> list[str]:
    """Photos that fill up a library, evenly spread over their folders."""
    taken = set(known)
    files = [
        name
        for part in OTHERS
        for file in sorted((folder / part).rglob("*.jpg"))
        if (name := file.relative_to(folder).as_posix()) not in taken
    ]
    return [files[place] for place in np.linspace(0, len(files) - 1, count).round().astype(int)]
