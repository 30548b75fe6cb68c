"""What the filters find, against the same sentence in Python, on random photos of which much is not known."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import not_
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.catalog.sqlite.sql_functions import distance_km
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.filters.type import ENDS
from twinlens.collection.searching.scope import Scope
from twinlens.data.exif import PhotoDetails
from twinlens.data.images import PHOTO_SUFFIXES
from twinlens.embedding.local import PhotoVector

NAMES = "IMG_2207.JPG|Été à Łódź.jpeg|ete.png|a_b.heic|100%.tif|strasse.CR2|Straße.webp|ガレージ.gif".split("|")
PARIS = (48.8566, 2.3522)
POSITIONS = [(0, 179.9), (0, -179.95), (0, 180), (0, 0), (89.9, 10), (89.9, -170), (-90, 0), PARIS, (48.9, 2.2)]
CAPTIONS = ["Ein Fest im Garten", "Fête au jardin", "100 % fun"]
TITLES = [None, None, "The old harbour", "Harbour-side café"]
KEYWORDS = ["animals|dog", "Animals|Cat", "vacation", "Été", "old town"]
PEOPLE = ["Ana Silva", "ANA", "Mariana", "Zoë"]


@dataclass(frozen=True)
class Row:
    path: str
    size: int
    width: int | None
    height: int | None
    taken_at: str | None
    position: tuple[float, float] | None
    caption: str | None
    title: str | None
    keywords: tuple[str, ...]
    people: tuple[str, ...]
    rating: int | None


def drawn_rows() -> list[Row]:
    random = Random(11)
    rows = []
    for number in range(120):
        sides = random.choice([(None, None), (640, 480), (1920, 1080), (4000, 3000), (3000, 4000)])
        year, month, day = random.randint(2019, 2022), random.randint(1, 12), random.randint(1, 28)
        taken = f"{year}-{month:02}-{day:02}T{number % 24:02}:00:00"
        rows.append(
            Row(
                f"{number}/beach/{random.choice(NAMES)}",
                random.choice([999, 1000, 200_000, 4_400_000, 4_500_000, 5_000_000, 5_499_999, 5_500_000]),
                *sides,
                random.choice([None, taken, taken]),
                random.choice([None, *POSITIONS]),
                random.choice([None, None, *CAPTIONS]),
                random.choice(TITLES),
                tuple(random.sample(KEYWORDS, random.choice([0, 0, 1, 2]))),
                tuple(random.sample(PEOPLE, random.choice([0, 0, 1, 3]))),
                random.choice([None, None, -1, 0, 3, 4, 5]),
            )
        )
    return rows


ROWS = drawn_rows()


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """A catalog with ROWS, whose ids are their numbers from 1."""
    made = Catalog(tmp_path_factory.mktemp("found") / "catalog.sqlite", create=True)
    folder = made.add_folder("photos", "..").id
    row_vector = np.eye(8, dtype=np.float32)[0]
    with made.writing() as writer:
        for number, row in enumerate(ROWS, start=1):
            latitude, longitude = row.position or (None, None)
            details = PhotoDetails(
                row.width or 0,
                row.height or 0,
                row.taken_at,
                latitude=latitude,
                longitude=longitude,
                title=row.title,
                keywords=row.keywords,
                people=row.people,
                rating=row.rating,
            )
            file = FileState(folder, row.path, row.size, 1, number.to_bytes(16, "big"))
            writer.put_photo(file, details, PhotoVector(row_vector, None), reader_version=1)
    with made.transaction() as connection:
        connection.execute("UPDATE photos SET width = NULL, height = NULL WHERE width = 0")
        connection.executemany(
            "INSERT INTO captions (photo_id, text, embedding, generation) VALUES (?, ?, x'00', 1)",
            [(number, row.caption) for number, row in enumerate(ROWS, start=1) if row.caption],
        )
    yield made
    made.close()


def check(catalog: Catalog, fits: Callable[[Row], bool], **filters: object) -> None:
    """The filter finds the rows that fit, and its opposite all others."""
    condition = Filters(**filters).condition(Scope(catalog, []))
    expected = {number for number, row in enumerate(ROWS, start=1) if fits(row)}
    assert set(catalog.select_ids(condition).tolist()) == expected, filters
    assert set(catalog.select_ids(not_(condition)).tolist()) == set(range(1, len(ROWS) + 1)) - expected


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("img_2207", ["IMG_2207.JPG"]),
        ("ÉTÉ", ["Été à Łódź.jpeg", "ete.png"]),
        ("lodz", ["Été à Łódź.jpeg"]),
        ("_", ["IMG_2207.JPG", "a_b.heic"]),
        ("%", ["100%.tif"]),
        ("straße", ["strasse.CR2", "Straße.webp"]),
        ("レー", ["ガレージ.gif"]),
        ("beach", []),
        (".jp", ["IMG_2207.JPG", "Été à Łódź.jpeg"]),
    ],
)
def test_a_part_of_the_file_s_name(full: Catalog, name: str, names: list[str]) -> None:
    check(full, lambda row: row.path.rpartition("/")[2] in names, name=name)


@pytest.mark.parametrize(
    ("types", "ends"),
    [
        ("jpg", "jpg jpeg"),
        ("JPEG", "jpg jpeg"),
        ("raw,tiff", "cr2 tif"),
        (".cr2", "cr2"),
        ("png|webp|gif", "png webp gif"),
        ("video", ""),
    ],
)
def test_types_go_by_the_end_of_the_name(full: Catalog, types: str, ends: str) -> None:
    check(full, lambda row: row.path.lower().rpartition(".")[2] in ends.split(), type=types)


@pytest.mark.parametrize("side", ["width", "height"])
@given(sign=st.sampled_from([">", ">=", "<", "<=", "=", ""]), number=st.sampled_from([479, 480, 1080, 3000, 4000]))
@settings(max_examples=20, deadline=None)
def test_a_side_is_compared_and_an_unknown_one_is_in_no_comparison(
    full: Catalog, side: str, sign: str, number: int
) -> None:
    def fits(row: Row) -> bool:
        value = getattr(row, side)
        return value is not None and bool(eval(f"{value} {sign if sign not in ('', '=') else '=='} {number}"))

    check(full, fits, **{side: f"{sign}{number}"})


@pytest.mark.parametrize(
    ("size", "fits"),
    [
        (">5MB", lambda row: row.size > 5_000_000),
        ("5MB", lambda row: 4_500_000 <= row.size < 5_500_000),  # as exact as it is written
        ("5.0 mb", lambda row: 4_950_000 <= row.size < 5_050_000),
        ("<1kB", lambda row: row.size < 1000),
        ("200kB..5MB", lambda row: 200_000 <= row.size <= 5_000_000),
        ("..999", lambda row: row.size <= 999),
        (">=12MP", lambda row: row.width is not None and row.width * row.height >= 12_000_000),
        ("2mp", lambda row: (row.width, row.height) == (1920, 1080)),
    ],
)
def test_sizes_in_bytes_and_megapixels(full: Catalog, size: str, fits: Callable[[Row], bool]) -> None:
    check(full, fits, size=size)


DAYS = st.dates(min_value=np.datetime64("2018-11-01").item(), max_value=np.datetime64("2023-02-28").item())


@given(one=DAYS, other=DAYS)
@settings(max_examples=30, deadline=None)
def test_a_span_has_its_first_and_its_last_day(full: Catalog, one: object, other: object) -> None:
    first, last = sorted((str(one), str(other)))
    check(full, lambda row: row.taken_at is not None and first <= row.taken_at[:10] <= last, date=f"{first}..{last}")
    check(full, lambda row: row.taken_at is not None and row.taken_at[:10] > last, date=f">{last}")
    check(full, lambda row: row.taken_at is not None and row.taken_at[:4] <= last[:4], year=f"..{last[:4]}")
    check(full, lambda row: row.taken_at is not None and row.taken_at[:7] == first[:7], month=first[:7])


@pytest.mark.parametrize("day", ["06-21", "02-29", "12-25"])
def test_a_day_of_any_year(full: Catalog, day: str) -> None:
    check(full, lambda row: row.taken_at is not None and row.taken_at[5:10] == day, day=day)


@pytest.mark.parametrize(
    ("month", "months"),
    [("june", [6]), ("06", [6]), ("11..02", [11, 12, 1, 2]), ("summer", [6, 7, 8]), ("3..5", [3, 4, 5])],
)
def test_a_month_of_any_year(full: Catalog, month: str, months: list[int]) -> None:
    check(full, lambda row: row.taken_at is not None and int(row.taken_at[5:7]) in months, month=month)


@given(
    latitude=st.sampled_from([0.0, 89.95, -89.99, 90.0, 48.86]),
    longitude=st.sampled_from([180.0, -180.0, 179.92, 0.0, 2.35, -170.0]),
    radius=st.sampled_from([0.01, 5.0, 12.0, 30.0, 500.0, 9999.0, 20100.0]),
)
@settings(max_examples=60, deadline=None)
def test_a_circle_on_the_earth_also_over_the_date_line_and_the_poles(
    full: Catalog, latitude: float, longitude: float, radius: float
) -> None:
    check(
        full,
        lambda row: row.position is not None and distance_km(*row.position, latitude, longitude) <= radius,
        near=f"{latitude},{longitude},{radius}km",
    )


@given(
    west=st.sampled_from([-180.0, -179.95, -170.0, 0.0, 2.2, 10.0, 179.9, 180.0]),
    east=st.sampled_from([-180.0, -179.95, -170.0, 0.0, 2.2, 2.3522, 179.9, 180.0]),
    south=st.sampled_from([-90.0, -1.0, 0.0, 48.8566]),
    north=st.sampled_from([48.8566, 48.9, 89.9, 90.0]),
)
@settings(max_examples=100, deadline=None)
def test_an_area_of_the_earth_also_over_the_date_line(
    full: Catalog, west: float, east: float, south: float, north: float
) -> None:
    def fits(row: Row) -> bool:
        if row.position is None or not south <= row.position[0] <= north:
            return False
        names = {180, -180} if abs(row.position[1]) == 180 else {row.position[1]}  # one meridian by two names
        return any(west <= name <= east if west <= east else name >= west or name <= east for name in names)

    check(full, fits, within=f"{west},{south},{east},{north}")


def test_near_a_place_is_within_ten_kilometres(full: Catalog) -> None:
    check(full, lambda row: row.position == PARIS, near="48.8566,2.3522")
    check(full, lambda row: row.position in (PARIS, (48.9, 2.2)), near="48.8566,2.3522,8mi")
    check(full, lambda row: row.position in (PARIS, (48.9, 2.2)), near="Paris")
    check(full, lambda row: row.position == PARIS, near="Paris, France, 5km")


@pytest.mark.parametrize("name", ["France", "Frankreich", "ile de france", "paris", "Париж", "Paris, France"])
def test_a_place_is_found_by_its_names_in_any_language(full: Catalog, name: str) -> None:
    # 48.9, 2.2 is in a suburb, which Paris reaches out to
    check(full, lambda row: row.position in (PARIS, (48.9, 2.2)), location=name)


def test_a_place_of_another_name_has_no_photos(full: Catalog) -> None:
    for name in ("Texas", "Paris, Texas", "Par", "!"):
        check(full, lambda row: False, location=name)


@pytest.mark.parametrize(
    ("names", "fits"),
    [
        ("gps", lambda row: row.position is not None),
        ("date", lambda row: row.taken_at is not None),
        ("caption", lambda row: row.caption is not None),
        ("gps,caption", lambda row: row.position is not None and row.caption is not None),
        ("title", lambda row: row.title is not None),
        ("description", lambda row: False),
        ("keywords,people", lambda row: bool(row.keywords and row.people)),
        ("rating", lambda row: row.rating is not None),
    ],
)
def test_what_is_known_of_a_photo(full: Catalog, names: str, fits: Callable[[Row], bool]) -> None:
    check(full, fits, has=names)


@pytest.mark.parametrize("text", ["FETE", "garten", "100 %", "a"])
def test_a_part_of_a_caption(full: Catalog, text: str) -> None:
    def plain(words: str) -> str:
        return re.sub("ê", "e", words.lower())

    check(full, lambda row: row.caption is not None and plain(text) in plain(row.caption), caption=text)


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", re.sub("[éë]", "e", text.lower()))


@pytest.mark.parametrize("field", ["title", "keyword", "person"])
@given(
    asked=st.sampled_from(["dog", "cat", "ANIMALS", "animals dog", "ana", "Silva", "ete", "zoe", "old", "harbour", "!"])
)
@settings(max_examples=15, deadline=None)
def test_whole_words_of_what_files_say(full: Catalog, field: str, asked: str) -> None:
    def texts(row: Row) -> tuple[str, ...]:
        return {"title": (row.title,) if row.title else (), "keyword": row.keywords, "person": row.people}[field]

    def fits(row: Row) -> bool:
        some = (f" {' '.join(words_of(text))} " for text in texts(row))
        return bool(words_of(asked)) and any(f" {' '.join(words_of(asked))} " in text for text in some)

    check(full, fits, **{field: asked})


@given(sign=st.sampled_from([">", ">=", "<", "<=", "=", ""]), stars=st.integers(0, 5))
@settings(max_examples=20, deadline=None)
def test_stars_are_compared_and_a_photo_without_is_in_no_comparison(full: Catalog, sign: str, stars: int) -> None:
    def fits(row: Row) -> bool:
        return row.rating is not None and bool(eval(f"{row.rating} {sign if sign not in ('', '=') else '=='} {stars}"))

    check(full, fits, rating=f"{sign}{stars}")


def test_an_older_catalog_without_captions_has_none(full: Catalog) -> None:
    class Older(Scope):
        def has_table(self, name: str) -> bool:
            return False

    older = [Filters(has=name) for name in ("caption", "title", "people", "rating")]
    for filters in (*older, Filters(caption="a"), Filters(keyword="dog"), Filters(person="ana"), Filters(rating=5)):
        assert full.select_ids(filters.condition(Older(full, []))).tolist() == []


def test_every_photo_that_is_read_is_of_one_type() -> None:
    for suffix in PHOTO_SUFFIXES:
        assert len({name for name, ends in ENDS.items() if suffix[1:] in ends.split()}) == 1, suffix
