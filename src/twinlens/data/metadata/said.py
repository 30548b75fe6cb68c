"""What one source says about a photo, and what several say together."""

from collections.abc import Iterable
from dataclasses import dataclass

from twinlens.data.dating.moment import Moment
from twinlens.data.one_line import one_line

MOST_CHARACTERS = 10_000  # of a description; a novel would only blow up the text index
MOST_NAMES = 500  # keywords or people of a photo
MOST_NAME_CHARACTERS = 300
_BY_CLOCK = frozenset({"exif", "xmp", "iptc"})  # sources that tell the time of the place
PART = "|"  # between the parts of a keyword, from the general to the special


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says; what it does not say is None or empty.

    Attributes:
        title: a few words.
        description: a sentence or more.
        keywords: parts of one are joined with ``PART``, such as ``animals|dog``.
        people: names.
        rating: 1 to 5, 0 for a photo that is rated as having no star, -1 for a rejected one.
        moment: when the photo was taken.
        position: latitude and longitude in degrees.
    """

    title: str | None = None
    description: str | None = None
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    rating: int | None = None
    moment: Moment | None = None
    position: tuple[float, float] | None = None


NOTHING = Said()


def combined(*sources: Said) -> Said:
    """What several sources say, the most trustworthy first; keywords and people are those of all."""
    return Said(
        title=next((one.title for one in sources if one.title), None),
        description=next((one.description for one in sources if one.description), None),
        keywords=whole_keywords(word for one in sources for word in one.keywords),
        people=different(name for one in sources for name in one.people),
        rating=next((one.rating for one in sources if one.rating is not None), None),
        moment=first_moment(*(one.moment for one in sources)),
        position=next((one.position for one in sources if one.position), None),
    )


def first_moment(*moments: Moment | None) -> Moment | None:
    """The first date; with the time of the next one of that day, if it has none itself."""
    known = [one for one in moments if one is not None]
    if not known:
        return None
    day, _, time = known[0].taken_at.partition("T")
    if time != "00:00:00":
        return known[0]
    of_day = (one for one in known if one.source in _BY_CLOCK and one.taken_at.startswith(day))
    return next((one for one in of_day if not one.taken_at.endswith(time)), known[0])


def plain_text(value: str, *, most: int = MOST_CHARACTERS) -> str | None:
    """A text on one line, without its end if it is too long; None if it is empty."""
    return one_line(value[: 2 * most].replace("\0", " "))[:most].strip() or None


def plain_names(values: Iterable[str]) -> tuple[str, ...]:
    """Keywords or names, each on one line and once."""
    texts = (plain_text(value, most=MOST_NAME_CHARACTERS) for value in values)
    return different(text for text in texts if text)


def plain_rating(value: float) -> int | None:
    """Stars; None for a number that is no rating.

    >>> [plain_rating(value) for value in (3, 4.6, -1, 99)]
    [3, 5, -1, None]
    """
    return round(value) if -1 <= value <= 5 else None


def plain_position(latitude: float, longitude: float) -> tuple[float, float] | None:
    """A position; None for 0, 0, which programs write where none is known, and for what is not on the Earth."""
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or latitude == longitude == 0:  # also for NaN
        return None
    return round(latitude, 7), round(longitude, 7)


def as_path(keyword: str, separator: str) -> str:
    """A keyword of several parts as we write it.

    >>> as_path("animals/ dog/", "/")
    'animals|dog'
    """
    return PART.join(filter(None, (part.strip() for part in keyword.split(separator))))


def parts_of(keyword: str) -> list[str]:
    """The parts of a keyword, from the general to the special."""
    return [part for part in keyword.split(PART) if part]


def whole_keywords(keywords: Iterable[str]) -> tuple[str, ...]:
    """Different keywords, without those that are a part, or the beginning, of a longer one.

    >>> whole_keywords(["dog", "snow", "animals|dog", "animals"])
    ('snow', 'animals|dog')
    """
    words = different(keywords)
    longer = [word.casefold() for word in words if PART in word]
    parts = {part for word in longer for part in word.split(PART)}
    starts = {PART.join(word.split(PART)[:count]) for word in longer for count in range(2, word.count(PART) + 1)}
    return tuple(word for word in words if word.casefold() not in (starts if PART in word else parts))


def different(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, whatever its case, and not too many."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.casefold(), name)
    return tuple(found.values())[:MOST_NAMES]
