"""``Teaching``: what a user tells a collection, and takes back."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.collection.teaching.lesson import LessonReport, learn
from twinlens.collection.teaching.subjects import QUERY, WORD, folded, query_subject, shown, word_subject
from twinlens.counted import counted
from twinlens.errors import QueryError, UnknownPhotoError
from twinlens.protocols import DualEncoder
from twinlens.types import Ids

if TYPE_CHECKING:
    from twinlens.collection.searching.query import Query

FEWEST_FOR_A_WORD = 2
MOST_FOR_A_WORD = 1000  # their vectors are read in each search with the word
MOST_COMPARED = 1000  # good photos × alternatives, each of which is a search
LONGEST_WORD = 60  # letters of a word of one's own; it may be several words


class Said(NamedTuple):
    """What was said of photos for one query or word.

    Attributes:
        kind: "query" or "word".
        subject: the query in a normal form, or the word.
        good: ids of the photos that fit.
        bad: ids of those that do not.
        given_at: of the last opinion, in UTC.
    """

    kind: str
    subject: str
    good: tuple[str, ...]
    bad: tuple[str, ...]
    given_at: str

    def to_json(self) -> dict[str, Any]:
        """For other programs."""
        return {**self._asdict(), "good": list(self.good), "bad": list(self.bad)}


class Teaching:
    """Records what people say of photos.

    Args:
        catalog: of the collection.
        folders: its photo folders.
        number_of: photo id → its number in the catalog; None if there is no such photo.
        score: how well a query without alternatives fits a photo.
        holding: photos about which a text is written, by number.
        encoder: gives the collection's model.
    """

    def __init__(
        self,
        catalog: Catalog,
        folders: PhotoFolders,
        *,
        number_of: Callable[[str], int | None],
        score: Callable[["Query", str], float],
        holding: Callable[[str], Ids],
        encoder: Callable[[], DualEncoder],
    ) -> None:
        self._catalog, self._folders, self._table = catalog, folders, catalog.feedback
        self._number_of, self._score, self._holding, self._encoder = number_of, score, holding, encoder

    # --- feedback -----------------------------------------------------------------------------

    def feedback(self, query: "Query", *, good: Iterable[str] = (), bad: Iterable[str] = ()) -> int:
        """Records which photos fit a query and which do not, all or none; returns how many opinions changed.

        A bad photo fits none of a query's alternatives; a good one is taken for the alternative that it fits best.

        Raises:
            QueryError: an id is unknown, a photo is called both, or the query searches for nothing.
        """
        named = {"good": list(dict.fromkeys(good)), "bad": list(dict.fromkeys(bad))}
        if both := sorted(set(named["good"]) & set(named["bad"])):
            raise QueryError(f"{both[0]!r} was called both good and bad; say one of them, nothing was recorded")
        if not any(named.values()):
            raise QueryError("no photo was named; say which photos are good, or which are bad, for the query")
        subjects = self._subjects(query)
        numbers = self._numbers(photo for photos in named.values() for photo in photos)
        if len(subjects) > 1 and len(subjects) * len(named["good"]) > MOST_COMPARED:
            raise QueryError(
                f"{counted(len(named['good']), 'photo')} and {len(subjects):,} alternatives are too many to compare; "
                "name fewer photos at a time, nothing was recorded"
            )
        fits = {photo: self._best(subjects, photo) for photo in named["good"]}  # searches, which must not hold a lock
        with self._catalog.transaction():
            changed = 0
            for photo, best in fits.items():
                changed += self._table.put(best, good=[numbers[photo]])
                for subject, _ in subjects:
                    if subject != best:  # it was called bad for all of them, perhaps
                        self._table.forget(subject, [numbers[photo]])
            bad_numbers = [numbers[photo] for photo in named["bad"]]
            return changed + max(self._table.put(subject, bad=bad_numbers) for subject, _ in subjects)

    def _best(self, subjects: Sequence[tuple[str, "Query"]], photo: str) -> str:
        if len(subjects) == 1:
            return subjects[0][0]
        return max(subjects, key=lambda one: self._score(one[1], photo))[0]

    def forget_feedback(self, query: "Query", photos: Iterable[str] | None = None) -> int:
        """Forgets what was said of a query, of all photos or of some; returns how many opinions.

        Raises:
            QueryError: an id is unknown, or the query searches for nothing; nothing was forgotten.
        """
        numbers = None if photos is None else list(self._numbers(photos).values())
        with self._catalog.transaction():
            return sum(self._table.forget(subject, numbers) for subject, _ in self._subjects(query))

    def said(self, *, kind: str | None = None) -> list[Said]:
        """All opinions on photos that are here, by query and word."""
        prefixes = {folder.id: folder.prefix for folder in self._folders.all()}
        found: dict[str, tuple[list[str], list[str], list[str]]] = {}
        for one in self._table.all():
            parts = found.setdefault(one.subject, ([], [], []))
            parts[0 if one.is_good else 1].append(prefixes[one.folder_id] + one.path)
            parts[2].append(one.given_at)
        listed = [
            Said(subject.partition(":")[0], shown(subject), tuple(good), tuple(bad), max(times))
            for subject, (good, bad, times) in found.items()
            if subject.startswith((QUERY, WORD))
        ]
        return [one for one in listed if kind in (None, one.kind)]

    # --- words --------------------------------------------------------------------------------

    def teach_word(self, word: str, photos: Sequence[str] | None = None, *, bad: Sequence[str] = ()) -> Said:
        """Teaches a word from photos that show what it means; about five will do. What was taught before stays.

        Args:
            word: one or several words, such as "Rex" or "the cabin".
            photos: ids; None for the photos about which the word is written, and those called good for it.
            bad: photos that do not show it.

        Raises:
            QueryError: the word is empty or too long, an id is unknown, or there are too few photos.
        """
        word = _checked(word)
        subject = word_subject(word)
        if both := sorted(set(photos or ()) & set(bad)):
            raise QueryError(f"{both[0]!r} was given as a photo with “{word}” and without it; nothing was recorded")
        with self._catalog.transaction():
            if photos is None:
                good = [*self._holding(word).tolist(), *self._table.of(QUERY + word)[0].tolist()]
            else:
                good = list(self._numbers(photos).values())
            self._table.put(subject, good=dict.fromkeys(good), bad=self._numbers(bad).values())
            count = len(self._table.of(subject)[0])
            if count > MOST_FOR_A_WORD:
                raise QueryError(
                    f"a word is learnt from at most {MOST_FOR_A_WORD:,} photos, and these would be {count:,}; "
                    "name five that show it best, nothing was recorded"
                )
            if count < FEWEST_FOR_A_WORD:
                where = (
                    "" if photos is not None else f" that “{word}” is written about, or that were called good for it"
                )
                raise QueryError(
                    f"a word is learnt from at least {FEWEST_FOR_A_WORD} photos, better from five; "
                    f"there {'is' if count == 1 else 'are'} {counted(count, 'photo') if count else 'none'}{where}: "
                    "name more of them, nothing was recorded"
                )
        return next(one for one in self.said(kind="word") if one.subject == word)

    def forget_word(self, word: str) -> int:
        """Forgets a word; returns from how many photos it was learnt."""
        return self._table.forget(word_subject(word))

    # --- lessons ------------------------------------------------------------------------------

    def teach(self) -> LessonReport:
        """Learns from all captions and feedback; see ``lesson.learn``.

        Raises:
            NothingToLearnError: too few photos have captions or feedback.
        """
        model = self._catalog.model()
        if model is None:
            raise self._catalog.nothing_found()
        return learn(self._catalog, model, lambda texts: self._encoder().encode_text(texts))

    def has_lesson(self) -> bool:
        """Whether there is a lesson that can be undone."""
        return self._table.lesson_state() > 0

    def undo(self) -> bool:
        """Takes back the last lesson; False if there is none."""
        return self._table.undo_lesson()

    def _subjects(self, query: "Query") -> list[tuple[str, "Query"]]:
        found = [(subject, one) for one in query.alternatives() if (subject := query_subject(one)) is not None]
        if not found:
            raise QueryError(
                f"feedback is about what is searched for, and this query has neither words nor a picture: "
                f"{query.understood()}; add some"
            )
        return found

    def _numbers(self, photos: Iterable[str]) -> dict[str, int]:
        numbers = {photo: self._number_of(photo) for photo in photos}
        unknown = [photo for photo, number in numbers.items() if number is None]
        if unknown:
            more = f" (and {len(unknown) - 1:,} more)" if len(unknown) > 1 else ""
            raise UnknownPhotoError(f"no indexed photo has the id {unknown[0]!r}{more}; nothing was recorded")
        return {photo: number for photo, number in numbers.items() if number is not None}


def _checked(word: str) -> str:
    word = folded(word)
    if not any(sign.isalnum() for sign in word):
        raise QueryError(f"{word!r} is no word; give letters or digits, such as 'Rex'")
    if len(word) > LONGEST_WORD:
        raise QueryError(f"a word may have at most {LONGEST_WORD} letters, got {len(word)}")
    return word
