"""Embedded photos and captions, from which all retrieval metrics are computed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import compress, pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinlens.counted import counted
from twinlens.embedding.local import Skipped, embed_photos
from twinlens.embedding.on_cluster import ClusterEmbedding
from twinlens.errors import DataError
from twinlens.evaluation.contamination import find_trained_on
from twinlens.evaluation.text_embeddings import embed_texts
from twinlens.evaluation.truth.right_answers import Queries, RightAnswers, answers_of_pairs, asked
from twinlens.protocols import Dataset, DualEncoder
from twinlens.types import CaptionedImage, Embeddings

Value = TypeVar("Value")
UNIT_TOLERANCE = 1e-3  # rounding to float16 changes a unit row's length by up to this; such rows are left unchanged


@dataclass(frozen=True, eq=False)
class EmbeddedPairs:
    """N photos and M captions in one space.

    Attributes:
        images: [N, D], unit rows.
        texts: [M, D], unit rows.
        text_image_index: [M], the photo of each caption; every photo has at least one caption.
        name: data and split.
        model: the model's fingerprint; None if unknown.
        image_ids: [N], or empty.
        captions: [M], or empty.
        caption_ids: [M], their numbers in COCO's files, or empty.
        languages: [M], such as "de", or empty.
        notes: how the rows were changed, e.g. normalized.
        skipped: photos that could not be read; they are not part of any metric.
        trained_on: ids of the photos that the model was trained on; None if unknown.
        right: right answers, if they are not just each caption's own photo.
    """

    images: Embeddings
    texts: Embeddings
    text_image_index: NDArray[np.int64]
    name: str = "embeddings"
    model: str | None = None
    image_ids: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    caption_ids: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    trained_on: tuple[str, ...] | None = None
    right: RightAnswers | None = None

    def judged_by(self) -> str:
        """Data and split, and the truth file if there is one."""
        return f"{self.name} with {self.right.name}" if self.right and self.right.name else self.name

    def heading(self) -> str:
        """Data, sizes and model in one line, for the title of a plot."""
        model = f", model {self.model}" if self.model else ""
        return f"{self.judged_by()}: {counted(len(self.images), 'photo')}, {counted(len(self.texts), 'caption')}{model}"

    def photo_of_text(self) -> list[NDArray[np.int64]]:
        """For each caption, the row of its photo, or of all photos that are right."""
        return list(self.text_image_index[:, None] if self.right is None else self.right.photos_of_text)

    def texts_of_photo(self) -> list[NDArray[np.int64]]:
        """For each photo, the rows of its captions, or of all that are right."""
        if self.right is not None:
            return list(self.right.texts_of_photo)
        return texts_of_photos(self.text_image_index, len(self.images))

    def a_text_of_photo(self) -> NDArray[np.int64]:
        """[N], a caption of each photo: the first of its own, or of those that are right where it has none."""
        own, right = texts_of_photos(self.text_image_index, len(self.images)), self.texts_of_photo()
        return np.array([(mine if len(mine) else other)[0] for mine, other in zip(own, right, strict=True)])

    def queries(self) -> dict[str, Queries]:
        """Direction → the captions or photos that are asked: those with a right answer."""
        return {
            "text_to_image": asked(self.photo_of_text(), self.text_image_index),
            "image_to_text": asked(self.texts_of_photo(), np.arange(len(self.images))),
        }

    def part(self, photos: NDArray[np.int64]) -> "EmbeddedPairs":
        """A subset of the photos with all their captions, as a smaller gallery."""
        return self._chosen(photos, np.flatnonzero(np.isin(self.text_image_index, photos)))

    def in_language(self, language: str) -> "EmbeddedPairs":
        """The captions of one language and the photos that have some."""
        texts = np.flatnonzero(np.array(self.languages) == language)
        found = self._chosen(np.unique(self.text_image_index[texts]), texts)
        return replace(found, name=f"{self.name} in {language}", notes=self.notes, skipped=self.skipped)

    def _chosen(self, photos: NDArray[np.int64], texts: NDArray[np.int64]) -> "EmbeddedPairs":
        place = np.full(len(self.images), -1, dtype=np.int64)
        place[photos] = np.arange(len(photos))
        image_ids = _rows_of(self.image_ids, photos)
        kept = set(image_ids)
        return EmbeddedPairs(
            self.images[photos],
            self.texts[texts],
            place[self.text_image_index[texts]],
            self.name,
            self.model,
            image_ids,
            _rows_of(self.captions, texts),
            _rows_of(self.caption_ids, texts),
            _rows_of(self.languages, texts),
            trained_on=None if self.trained_on is None else tuple(own for own in self.trained_on if own in kept),
            right=None if self.right is None else self.right.among(photos, texts),
        )


def _rows_of(values: tuple[Value, ...], rows: NDArray[np.int64]) -> tuple[Value, ...]:
    return tuple(values[row] for row in rows) if values else ()


def texts_of_photos(text_image_index: NDArray[np.int64], n_images: int) -> list[NDArray[np.int64]]:
    """For each of N photos, the rows of its captions, ascending."""
    order = np.argsort(text_image_index, kind="stable")
    bounds = np.searchsorted(text_image_index[order], np.arange(n_images + 1))
    return [order[start:end] for start, end in pairwise(bounds)]


def captioned_photos(dataset: Dataset, split: str, languages: Sequence[str] = ()) -> list[CaptionedImage]:
    """The photos of a split that have captions.

    Args:
        dataset: captioned photos.
        split: train, val, test or all.
        languages: only captions in these; none = all captions.

    Raises:
        DataError: there are none, or no such split or language.
    """
    photos = [photo for photo in dataset.split(split) if photo.captions]
    if not photos:
        raise DataError(f"split {split!r} of {dataset.name} has no photos with captions; try --split all")
    if not languages:
        return photos
    known = sorted({language for photo in photos for language in photo.languages})
    if not known:
        raise DataError(f"{dataset.name} does not say in which languages its captions are; leave out the language")
    if unknown := [language for language in languages if language not in known]:
        raise DataError(f"{dataset.name} has no captions in {unknown[0]!r}; it has {', '.join(known)}")
    spoken = (_in_languages(photo, languages) for photo in photos)
    return [photo for photo in spoken if photo.captions]


def _in_languages(photo: CaptionedImage, languages: Sequence[str]) -> CaptionedImage:
    kept = [own for own in zip(photo.captions, photo.languages, strict=True) if own[1] in languages]
    captions, spoken = zip(*kept, strict=True) if kept else ((), ())
    return replace(photo, captions=captions, caption_ids=(), languages=spoken)


def languages_of(photos: Sequence[CaptionedImage]) -> tuple[str, ...]:
    """The language of each caption; empty unless all are known."""
    if not all(len(photo.languages) == len(photo.captions) for photo in photos):
        return ()
    return tuple(language for photo in photos for language in photo.languages)


def caption_ids_of(photos: Sequence[CaptionedImage]) -> tuple[int, ...]:
    """COCO's numbers of all captions; empty unless each has one."""
    if not all(len(photo.caption_ids) == len(photo.captions) for photo in photos):
        return ()
    return tuple(number for photo in photos for number in photo.caption_ids)


def embed_split(
    encoder: DualEncoder,
    dataset: Dataset,
    split: str,
    *,
    languages: Sequence[str] = (),
    on_progress: Callable[[int, int], None] | None = None,
    on_texts: Callable[[int, int], None] | None = None,
    on_compared: Callable[[int, int], None] | None = None,
    on: ClusterEmbedding | None = None,
) -> EmbeddedPairs:
    """Embeds the photos of a split that have captions, and all their captions.

    Args:
        encoder: the model.
        dataset: captioned photos.
        split: train, val, test or all.
        languages: only captions in these; none = all captions.
        on_progress: called with the number of photos embedded and the total.
        on_texts: called afterwards with the number of captions embedded and the total.
        on_compared: called afterwards with the number of photos compared with the model's training photos.
        on: the machines that embed; None = this process.

    Raises:
        DataError: there is no such split, or none of its photos can be read.
    """
    images = captioned_photos(dataset, split, languages)
    done = (lambda count: on_progress(count, len(images))) if on_progress else None
    photos = (on.embed_photos if on else embed_photos)([image.path for image in images], encoder, on_progress=done)
    kept = [images[number] for number in photos.kept]
    captions = tuple(caption for image in kept for caption in image.captions)
    texts = (on.embed_texts if on else embed_texts)(captions, encoder, on_progress=on_texts)
    trained = find_trained_on(encoder, [image.path for image in kept], on_progress=on_compared, on=on)
    return EmbeddedPairs(
        images=photos.embeddings,
        texts=texts,
        text_image_index=np.repeat(np.arange(len(kept)), [len(image.captions) for image in kept]),
        name=f"{dataset.name}/{split}" + (f" in {', '.join(languages)}" if len(languages) == 1 else ""),
        model=encoder.fingerprint,
        image_ids=tuple(image.image_id for image in kept),
        captions=captions,
        caption_ids=caption_ids_of(kept),
        languages=languages_of(kept),
        skipped=tuple(photos.skipped),
        trained_on=None if trained is None else tuple(compress((image.image_id for image in kept), trained)),
    )


def checked_pairs(
    images: ArrayLike, texts: ArrayLike, text_image_index: ArrayLike, *, notes: Sequence[str] = (), **about: Any
) -> EmbeddedPairs:
    """Validates arrays from any source.

    Rows that do not have length 1 are normalized, with a note: every score is a cosine.

    Args:
        images: [N, D], floating point.
        texts: [M, D], floating point.
        text_image_index: [M], integers from 0 to N − 1; or [P, 2], pairs of text and photo, where a text's first
            photo counts as its own.
        notes: earlier ones.
        **about: the other fields of ``EmbeddedPairs``.

    Raises:
        DataError: wrong shape or type, NaN or infinity, a row of zeros, an index out of
            range, or a photo without captions.
    """
    image_rows, image_notes = unit_rows(images, "image_embeddings")
    text_rows, text_notes = unit_rows(texts, "text_embeddings")
    if image_rows.shape[1] != text_rows.shape[1]:
        raise DataError(
            "image_embeddings and text_embeddings must be in the same space, but they are "
            f"{list(image_rows.shape)} and {list(text_rows.shape)}; both must come from the same model"
        )
    index, right = _checked_index(text_image_index, len(image_rows), len(text_rows))
    return EmbeddedPairs(image_rows, text_rows, index, **about, right=right, notes=(*notes, *image_notes, *text_notes))


def unit_rows(given: ArrayLike, what: str) -> tuple[Embeddings, tuple[str, ...]]:
    """Rows of length 1, and a note if they had other lengths.

    Args:
        given: [rows, D], floating point.
        what: for messages: name of the array or file.

    Raises:
        DataError: wrong shape or type, NaN or infinity, or a row of zeros.
    """
    rows = np.asarray(given)
    if rows.ndim != 2 or 0 in rows.shape:
        raise DataError(f"{what} must be [rows, D] with at least one row, got {list(rows.shape)}")
    if not np.issubdtype(rows.dtype, np.floating):
        raise DataError(f"{what} must be floating point numbers, got {rows.dtype}; convert with .astype('float32')")
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise DataError(f"{what} has NaN or infinity in {counted(len(bad), 'row')}, first in row {bad[0]}; remove them")
    # divided by the largest value first: squares of very small or large values would overflow
    largest = np.abs(rows).max(axis=1, keepdims=True).astype(np.float64)
    empty = np.flatnonzero(largest == 0)
    if len(empty):
        raise DataError(f"{what} has {counted(len(empty), 'row')} of zeros, the first is row {empty[0]}; remove them")
    scaled = rows / largest
    norms = np.linalg.norm(scaled, axis=1, keepdims=True)
    lengths = largest * norms
    if np.all(np.abs(lengths - 1) <= UNIT_TOLERANCE):
        return rows.astype(np.float32, copy=False), ()
    note = f"{what} had lengths from {lengths.min():.3g} to {lengths.max():.3g} and were normalized"
    return (scaled / norms).astype(np.float32), (note,)


def _checked_index(given: ArrayLike, n_images: int, n_texts: int) -> tuple[NDArray[np.int64], RightAnswers | None]:
    """The photo of each text, and all right answers if there are several."""
    index = np.asarray(given)
    if not np.issubdtype(index.dtype, np.integer):
        raise DataError(f"text_image_index must be integers, got {index.dtype}; convert with .astype('int64')")
    if index.ndim == 2 and index.shape[1] == 2:
        return _checked_pairs_of_rows(index.astype(np.int64), n_images, n_texts)
    if index.shape != (n_texts,):
        raise DataError(f"text_image_index must have one number for each of {n_texts:,} texts, got {list(index.shape)}")
    _check_range(index, n_images)
    _check_captioned(index, n_images)
    return index.astype(np.int64), None


def _checked_pairs_of_rows(
    pairs: NDArray[np.int64], n_images: int, n_texts: int
) -> tuple[NDArray[np.int64], RightAnswers]:
    texts, photos = pairs.T
    outside = np.flatnonzero((texts < 0) | (texts >= n_texts))
    if len(outside):
        raise DataError(
            f"text_image_index: texts must be from 0 to {n_texts - 1}, but pair {outside[0]} has {texts[outside[0]]}"
        )
    _check_range(photos, n_images)
    alone = np.flatnonzero(np.bincount(texts, minlength=n_texts) == 0)
    if len(alone):
        without = counted(len(alone), "text has", "texts have")
        raise DataError(f"{without} no photo, the first is text {alone[0]}; remove them")
    _check_captioned(photos, n_images)
    first = np.unique(texts, return_index=True)[1]
    return photos[first], answers_of_pairs(pairs, n_texts, n_images)


def _check_range(photos: NDArray[Any], n_images: int) -> None:
    outside = np.flatnonzero((photos < 0) | (photos >= n_images))
    if len(outside):
        first = outside[0]
        raise DataError(
            f"text_image_index must be from 0 to {n_images - 1}, but text {first} has {photos[first]} "
            f"({len(outside):,} are out of range)"
        )


def _check_captioned(photos: NDArray[Any], n_images: int) -> None:
    bare = np.flatnonzero(np.bincount(photos, minlength=n_images) == 0)
    if len(bare):
        without = counted(len(bare), "photo has", "photos have")
        raise DataError(f"{without} no caption, the first is photo {bare[0]}; remove them")
