"""Suggested tags of a collection's photos: asked for photo by photo, stored only when they are accepted."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.curated.names import name_key
from twinlens.collection.describing.group_names import GroupName, group_names
from twinlens.collection.describing.labels import Label, read_labels
from twinlens.collection.describing.suggesting import EverydaySuggester, LabelSuggester, Suggester, Suggestion
from twinlens.collection.describing.text_vectors import OnProgress, embed_texts, kept_vectors
from twinlens.collection.describing.xmp_sidecar import write_sidecar
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.collection.place.presence import is_gone
from twinlens.counted import counted
from twinlens.data.file_names import as_text
from twinlens.data.objects.object_path import ObjectPath
from twinlens.errors import CollectionError, DataError
from twinlens.everyday.descriptions import descriptions
from twinlens.everyday.languages import ENGLISH, Language
from twinlens.everyday.tags import everyday_tags
from twinlens.protocols import DualEncoder, Judgement
from twinlens.relevance.background import everyday_texts
from twinlens.types import GRADES, Embeddings, Grade, Ids
from twinlens.words.asked import asked_for
from twinlens.words.emoji import emoji_as_words

logger = logging.getLogger(__name__)
BLOCK = 256  # photos judged at once: with 10,000 labels 10 MB of scores


class PhotoTags(NamedTuple):
    """What is suggested for a photo.

    Attributes:
        id: of the photo.
        path: its file.
        tags: that it does not have yet, the best first.
    """

    id: str
    path: Path
    tags: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was stored of suggestions.

    Attributes:
        photos: ids of the photos that got tags.
        tags: how many different ones were given.
        given: how often.
    """

    photos: tuple[str, ...]
    tags: int
    given: int


class TagSuggestions:
    """Suggests tags for the photos of a collection.

    Args:
        catalog: of the collection.
        folders: its photo folders.
        encoder: gives its model.
        judgements: what the scores of texts [T, D] mean there.
    """

    def __init__(
        self,
        catalog: Catalog,
        folders: PhotoFolders,
        encoder: Callable[[], DualEncoder],
        judgements: Callable[[Embeddings], Sequence[Judgement | None]],
    ) -> None:
        self._catalog, self._folders, self._encoder, self._judgements = catalog, folders, encoder, judgements

    def suggester(
        self,
        labels: Sequence[Label] | None,
        *,
        language: Language = ENGLISH,
        on_progress: OnProgress | None = None,
    ) -> tuple[Suggester, tuple[str, ...]]:
        """What suggests these labels, or the built-in tags, and the labels of which no word is known."""
        encoder = self._encoder()
        if labels is None:
            vectors = kept_vectors(descriptions(), encoder, on_progress=on_progress)
            return EverydaySuggester(everyday_tags(), vectors, language), ()
        phrases = [asked_for(emoji_as_words(phrase)) for label in labels for phrase in label.phrases]
        vectors = embed_texts(phrases, encoder, on_progress=on_progress)
        says_something = [self._says_something(encoder, phrase) for phrase in phrases]
        judgements = [
            judgement if says else None
            for judgement, says in zip(self._judgements(vectors), says_something, strict=True)
        ]
        known = iter(says_something)
        unknown = tuple(label.name for label in labels if not any(list(islice(known, len(label.phrases)))))
        everyday = kept_vectors(everyday_texts(), encoder)
        return LabelSuggester(labels, vectors, judgements, everyday=everyday), unknown

    def of_photos(
        self,
        numbers: Ids,
        labels: Sequence[Label] | str | os.PathLike[str] | None,
        *,
        min_grade: Grade,
        k: int,
        language: Language,
        on_progress: OnProgress | None = None,
    ) -> Iterator[PhotoTags]:
        """See ``Collection.suggest_tags``.

        Raises:
            DataError: the file of labels cannot be used.
        """
        if isinstance(labels, str | os.PathLike):
            labels = read_labels(Path(labels)).labels
        suggester, unknown = self.suggester(labels, language=language, on_progress=on_progress)
        if unknown:
            logger.warning("no word of %s is known: %s", counted(len(unknown), "label"), ", ".join(unknown[:5]))
        return self.suggest(suggester, numbers, min_grade=min_grade, k=k)

    def group_names(self, groups: Sequence[Ids], is_wanted: Callable[[], bool]) -> list[GroupName | None]:
        """A built-in tag for each group of photos, none twice, and the photo that shows it best; None where none fits.

        Raises:
            CollectionError: the names are no longer wanted.
        """

        def on_progress(done: int, total: int) -> None:
            if not is_wanted():
                raise CollectionError(f"the collection was closed after {done} of {counted(total, 'description')}")

        suggester, _ = self.suggester(None, on_progress=on_progress)
        return group_names(suggester, self._catalog, groups)

    def suggest(self, suggester: Suggester, numbers: Ids, *, min_grade: Grade, k: int) -> Iterator[PhotoTags]:
        """What is suggested for photos by their ids in the catalog, without the tags that they have."""
        kept = GRADES[: GRADES.index(min_grade) + 1]
        prefixes = {folder.id: folder for folder in self._folders.all()}
        for start in range(0, len(numbers), BLOCK):
            block = numbers[start : start + BLOCK]
            records, tagged = self._catalog.photos(block.tolist()), self._catalog.tags.of_photos(block.tolist())
            for ids, vectors in self._catalog.embeddings(block):
                for number, found in zip(ids.tolist(), suggester.suggest(vectors), strict=True):
                    if number not in records:
                        continue  # removed meanwhile
                    record, own = records[number], {name_key(tag) for tag in tagged.get(number, ())}
                    tags = [one for one in found if one.grade in kept and not _is_among(own, one)]
                    folder = prefixes[record.folder_id]
                    yield PhotoTags(folder.prefix + record.path, folder.file(record.path), tuple(tags[:k]))

    def accept(self, suggested: Iterable[PhotoTags], min_grade: Grade) -> Accepted:
        """Gives photos the tags that are suggested with a grade or a better one, all or none."""
        kept = GRADES[: GRADES.index(min_grade) + 1]
        photos_of: dict[str, list[str]] = {}
        for photo in suggested:
            for one in photo.tags:
                if one.grade in kept:
                    photos_of.setdefault(one.tag, []).append(photo.id)
        numbers = {
            photo_id: self._folders.number_of(photo_id)
            for photo_id in {one for own in photos_of.values() for one in own}
        }
        given = 0
        with self._catalog.transaction():
            for tag, photos in photos_of.items():
                there = [number for one in photos if (number := numbers[one]) is not None]
                given += self._catalog.tags.add([tag], there)
        return Accepted(tuple(one for one, number in numbers.items() if number is not None), len(photos_of), given)

    def write_sidecars(self, numbers: Sequence[int]) -> tuple[list[Path], list[str]]:
        """Writes the tags of photos to XMP files; the files, and why others were not written."""
        folders = {folder.id: folder for folder in self._folders.all()}
        tags = self._catalog.tags.of_photos(numbers)
        written, refused = [], []
        for number, record in sorted(self._catalog.photos(numbers).items()):
            photo = folders[record.folder_id].file(record.path)
            if isinstance(photo, ObjectPath):
                refused.append(f"{photo} is in object storage, where nothing is written")
                continue
            if not photo.exists():
                why = "is gone" if is_gone(photo) else "is inside an archive, where no file can be put beside it"
                refused.append(f"{as_text(str(photo))} {why}")
                continue
            try:
                file = write_sidecar(photo, tags.get(number, ()))
            except DataError as error:
                refused.append(as_text(str(error)))
                continue
            written += [] if file is None else [file]
        return written, refused

    @staticmethod
    def _says_something(encoder: DualEncoder, phrase: str) -> bool:
        check = encoder.check_words(phrase, is_known_here=lambda _: False)
        return check is None or not check.no_word_known


def _is_among(own: set[str], suggestion: Suggestion) -> bool:
    """Whether a photo has the tag, by its name in any language."""
    return bool(own) and any(name_key(name) in own for name in (suggestion.tag, *suggestion.names))
