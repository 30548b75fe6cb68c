"""What people taught a library, as a search uses it."""

import threading
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.collection.teaching.directions import Library, rows_of, sample, unit
from twinlens.collection.teaching.head import Head, head_of
from twinlens.collection.teaching.judging import judgement_of_word
from twinlens.collection.teaching.opinions import NONE, Opinions
from twinlens.collection.teaching.own_words import Spoken, spoken
from twinlens.collection.teaching.rocchio import BAD, refined_photo, refined_text
from twinlens.collection.teaching.subjects import PICTURE, WORD, query_subject, shown, word_subject
from twinlens.protocols import DualEncoder
from twinlens.relevance.judge import Judgement
from twinlens.types import Embeddings, Ids

if TYPE_CHECKING:
    from twinlens.collection.searching.query import Query, QueryVector

# Weight of a taught word; that of the rest of the text is 1. Of 0.5, 1, 1.5 and 2 it has the best ranks for texts such
# as "dog in the snow" in which a word that was learnt from five photos stands for "dog".
OWN_WORD = 0.5


class Texts(Protocol):
    """Embeds texts."""

    def embedding(self, text: str, encoder: DualEncoder) -> Embeddings:
        """[D], of a text."""


class _Known(NamedTuple):
    state: object
    is_nothing: bool
    words: tuple[str, ...]
    has_pictures: bool
    lesson: Head | None


class _Photos(NamedTuple):
    state: object
    rows: Embeddings
    library: Library


class Taught:
    """Feedback, words and lessons of a catalog; may be shared between threads.

    Args:
        catalog: of the collection.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog, self._table = catalog, catalog.feedback
        self._guard = threading.Lock()
        self._known: _Known | None = None
        self._photos: _Photos | None = None

    # --- what a query is told -----------------------------------------------------------------

    def knows(self, word: str) -> bool:
        """Whether a word is part of one that was taught."""
        return any(word.casefold() in taught.split() for taught in self._now().words)

    def opinions(self, query: "Query") -> Opinions:
        """What was said about a query and the words in it."""
        if (known := self._now()).is_nothing:
            return NONE
        pairs = [self._opinions_of(one) for one in query.alternatives()]
        good, bad = (np.unique(np.concatenate([pair[place] for pair in pairs])) for place in (0, 1))
        words = (
            dict.fromkeys(
                word for part in query.everything() for term in part.terms for word in self._spoken(term.asked).words
            )
            if known.words
            else {}
        )
        counts = tuple((word, count) for word in words if (count := len(self._table.of(word_subject(word))[0])))
        notes: tuple[str, ...] = ()
        model = self._catalog.model()
        if known.lesson is not None and model is not None and known.lesson.model != model.fingerprint:
            notes = ("what was learnt by “twinlens teach” is of another model and not used; teach again",)
        opinions = Opinions(good, bad, counts, notes)
        return opinions or NONE

    def bad(self, query: "Query") -> Ids:
        """Photos that do not fit a query without alternatives, by id."""
        return self._opinions_of(query)[1]

    def _opinions_of(self, query: "Query") -> tuple[Ids, Ids]:
        known = self._now()
        has_words = all(term.kind == "words" for term in query.terms)
        if known.is_nothing or not (has_words or known.has_pictures):
            return NONE.good, NONE.bad
        subject = query_subject(query)
        return (NONE.good, NONE.bad) if subject is None else self._table.of(subject)

    # --- vectors ------------------------------------------------------------------------------

    def texts(self, texts: Texts, model: ModelRecord) -> Texts:
        """Embeds texts as ``texts`` does, but words that were taught as the photos that they were learnt from."""
        return _OwnTexts(self, texts, model) if self._now().words else texts

    def has_words(self, query: "Query") -> bool:
        """Whether a query has words that were taught."""
        return bool(self._now().words) and any(
            self._spoken(term.asked).words for term in query.terms if term.kind == "words"
        )

    def refined(
        self, query: "Query", vector: "QueryVector", model: ModelRecord, *, captions: bool
    ) -> "QueryVector | None":
        """The vector of a query without alternatives, refined; None if the collection has another model by now."""
        known = self._now()
        if known.is_nothing:
            return vector
        good, bad = self._opinions_of(query)
        if known.lesson is not None and known.lesson.model == model.fingerprint:
            vector = self._as_learnt(query, vector, known.lesson, captions=captions)
        if not len(good) and not len(bad):
            return vector
        with self._catalog.snapshot():
            if self._catalog.model() != model:
                return None
            liked, disliked = self._rows(good, model), self._rows(bad, model)
            alike = [self._likenesses(ids) for ids in (good, bad)]
        if query.kind() != "photo":
            library = self._library(model)
            if library is None:
                return vector
            return vector._replace(embedding=refined_text(vector.embedding, liked, disliked, library.library))
        likeness = vector.likeness
        if likeness is not None and alike[0] is not None and alike[1] is not None:
            likeness = refined_photo(likeness, alike[0], alike[1])
        return vector._replace(embedding=refined_photo(vector.embedding, liked, disliked), likeness=likeness)

    def _as_learnt(self, query: "Query", vector: "QueryVector", lesson: Head, *, captions: bool) -> "QueryVector":
        """Words that search photos, and photos that search captions, compare texts as they were learnt."""
        if captions:
            if query.kind() != "photo" or not lesson.of_captions:
                return vector
            return vector._replace(embedding=lesson.apply_photos(vector.embedding[None])[0])
        if query.kind() != "text" or self.has_words(query):
            return vector
        return vector._replace(embedding=lesson.apply(vector.embedding))

    def judgement(self, query: "Query", vector: Embeddings, model: ModelRecord) -> Judgement | None:
        """What scores mean of a query that is nothing but a word that was taught; None for any other."""
        if len(query.terms) != 1 or query.terms[0].kind != "words" or not self._now().words:
            return None
        found = self._spoken(query.terms[0].asked)
        photos = self._library(model)
        if not found.words or found.rest or photos is None:
            return None
        if all(self._direction(word, photos.library, model) is None for word in found.words):
            return None  # it is embedded as any text
        return judgement_of_word(vector, photos.rows)

    def own_embedding(self, text: str, texts: Texts, encoder: DualEncoder, model: ModelRecord) -> Embeddings:
        """[D], of a text in which words may stand that were taught."""
        found = self._spoken(text)
        photos = self._library(model) if found.words else None
        if photos is None:
            return texts.embedding(text, encoder)
        directions = [one for word in found.words if (one := self._direction(word, photos.library, model)) is not None]
        if not directions:
            return texts.embedding(text, encoder)
        if not found.rest:
            return unit(np.sum([unit(one) for one in directions], axis=0))
        rest = texts.embedding(found.rest, encoder)
        return unit(rest + OWN_WORD * np.sum([photos.library.scaled(one, like=rest) for one in directions], axis=0))

    def _direction(self, word: str, library: Library, model: ModelRecord) -> Embeddings | None:
        good, bad = self._table.of(word_subject(word))
        with self._catalog.snapshot():
            rows = [self._rows(ids, model) for ids in (good, bad)]
        direction = library.direction(rows[0]) if len(rows[0]) else None
        away = library.direction(rows[1]) if len(rows[1]) else None
        return direction if direction is None or away is None else direction - BAD * away

    def _spoken(self, text: str) -> Spoken:
        return spoken(text, self._now().words)

    def _rows(self, ids: Ids, model: ModelRecord) -> Embeddings:
        rows = rows_of(self._catalog.embeddings(ids)) if len(ids) else None
        return np.empty((0, model.dim), dtype=np.float32) if rows is None else rows

    def _likenesses(self, ids: Ids) -> Embeddings | None:
        """[B, F]; None unless all have features."""
        if not len(ids):
            return np.empty((0, 0), dtype=np.float32)
        rows = rows_of(self._catalog.features.embeddings(ids))
        return rows if rows is not None and len(rows) == len(ids) else None

    # --- what is kept in memory until it changes ----------------------------------------------

    def _now(self) -> _Known:
        """What is taught now."""
        table = self._table
        state = (self._catalog.file_id, table.state(), table.lesson_state())
        with self._guard:
            if self._known is None or self._known.state != state:
                subjects, lesson = table.subjects(), head_of(table.lesson())
                words = tuple(shown(one) for one in subjects if one.startswith(WORD))
                has_pictures = any(PICTURE in one for one in subjects)
                self._known = _Known(state, not subjects and lesson is None, words, has_pictures, lesson)
            return self._known

    def _library(self, model: ModelRecord) -> _Photos | None:
        """Some photos of the library; None if it has none of this model."""
        state = (model, self._catalog.file_id, self._catalog.generation)
        with self._guard:
            if self._photos is not None and self._photos.state == state:
                return self._photos
            with self._catalog.snapshot():
                if self._catalog.model() != model:
                    return None
                rows = rows_of(self._catalog.embeddings(sample(self._catalog.select_ids())))
            if rows is None:
                return None
            self._photos = _Photos(state, rows, Library(rows))
            return self._photos


class _OwnTexts:
    def __init__(self, taught: Taught, texts: Texts, model: ModelRecord) -> None:
        self._taught, self._texts, self._model = taught, texts, model

    def embedding(self, text: str, encoder: DualEncoder) -> Embeddings:
        """[D], of a text in which words may stand that were taught."""
        return self._taught.own_embedding(text, self._texts, encoder, self._model)
