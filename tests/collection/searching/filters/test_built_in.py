"""The filters that come with twinlens keep the contract; what each finds is in test_found and test_filtering."""

from datetime import date
from pathlib import Path

from contracts.filter import FilterContract
from twinlens.collection.searching.filters.after import AFTER
from twinlens.collection.searching.filters.album import ALBUM
from twinlens.collection.searching.filters.before import BEFORE
from twinlens.collection.searching.filters.camera import CAMERA
from twinlens.collection.searching.filters.caption import CAPTION
from twinlens.collection.searching.filters.date import DATE
from twinlens.collection.searching.filters.description import DESCRIPTION
from twinlens.collection.searching.filters.favourites import FAVOURITES
from twinlens.collection.searching.filters.folder import FOLDER
from twinlens.collection.searching.filters.has import HAS
from twinlens.collection.searching.filters.height import HEIGHT
from twinlens.collection.searching.filters.keyword import KEYWORD
from twinlens.collection.searching.filters.lens import LENS
from twinlens.collection.searching.filters.location import LOCATION
from twinlens.collection.searching.filters.month import MONTH
from twinlens.collection.searching.filters.name import NAME
from twinlens.collection.searching.filters.near import NEAR
from twinlens.collection.searching.filters.person import PERSON
from twinlens.collection.searching.filters.rating import RATING
from twinlens.collection.searching.filters.size import SIZE
from twinlens.collection.searching.filters.tag import TAG
from twinlens.collection.searching.filters.text import TEXT
from twinlens.collection.searching.filters.title import TITLE
from twinlens.collection.searching.filters.type import TYPE
from twinlens.collection.searching.filters.width import WIDTH
from twinlens.collection.searching.filters.within import WITHIN
from twinlens.collection.searching.filters.year import YEAR


class TestAfter(FilterContract):
    filter = AFTER
    values = ("2023", "2023-06-30T12:00", 2023, date(2023, 6, 30), "last summer", "März 2021")
    wrong_values = ("one day", True, ["2023"], "..2023", "05/06/2021")


class TestBefore(FilterContract):
    filter = BEFORE
    values = ("2023", "2023-06-30 12:00:01", 2023, "christmas 2022")
    wrong_values = ("2023-13", 3.5, "2023..")


class TestDate(FilterContract):
    filter = DATE
    values = ("2023-06-01..2023-06-30", "2020..", "..2022-06", date(2023, 6, 30), "easter 2021", ">=2020", "0001..9999")
    wrong_values = ("31 June 2021", "2022..2020", "sometime", "..", "", True, 3.5, ">9999")


class TestYear(FilterContract):
    filter = YEAR
    values = (2023, "2020..2022", ">2020", "<=1999", "last year", "the 90s")
    wrong_values = ("0000", "20233", "MMXX", None)


class TestMonth(FilterContract):
    filter = MONTH
    values = ("2023-06", "june", "06", 6, "November..February", "winter", "luglio", "六月", "June 2023")
    wrong_values = ("13", "0", "brumaire", False, "june..13")


class TestAlbum(FilterContract):
    filter = ALBUM
    values = ("Italy", "été; 2023", 'say "cheese"')
    wrong_values = (5, ["Italy"], True)


class TestCamera(FilterContract):
    filter = CAMERA
    values = ("canon", "50%_off", "É-M1")
    wrong_values = (5, ["canon"], True)


class TestLens(FilterContract):
    filter = LENS
    values = ("50mm", "50 % f/1.8", "É")
    wrong_values = (5, ["50mm"], True)


class TestText(FilterContract):
    filter = TEXT
    values = ("way out", "50%", "Été")
    wrong_values = (5, ["way out"], True)


class TestCaption(FilterContract):
    filter = CAPTION
    values = ("a dog", "50%", "Été")
    wrong_values = (5, ["a dog"], True)


class TestFavourites(FilterContract):
    filter = FAVOURITES
    values = (True,)
    wrong_values = ("yes", 1, [])


class TestFolder(FilterContract):
    filter = FOLDER
    wrong_values = (7, ["a"], True)

    def test_a_path_is_a_folder_too(self) -> None:
        assert FOLDER.parse(Path("2023/Italy")) == "2023/Italy"


class TestHas(FilterContract):
    filter = HAS
    values = ("gps", "Date, caption", "location", "tags,rating", "people,title", "description,keywords,rating")
    wrong_values = ("cats", "gps,", 5)


class TestName(FilterContract):
    filter = NAME
    values = ("IMG_2207", "50%_off", "É")
    wrong_values = ("2023/IMG", 5)


class TestNear(FilterContract):
    filter = NEAR
    values = ("48.85,2.35", "48.85, 2.35, 500 m", "-90,180,1mi", "48.85° N 2.35° W", "0,0,20000km", "0.0000001,0,1m")
    values += ("Paris", "paris, texas", "München, 5 km", "Paris 20km", "São Paulo;2mi")
    wrong_values = (
        "Nowhere at all",
        "Paris, Italy",
        "Paris, 0km",
        "Paris: x",
        "91,0",
        "0,181",
        "0,0,0km",
        "0,0,-5km",
        "48.85",
        "nan,0",
        "1e3,0",
        5,
        "1" + " " * 90 + "x",
    )


class TestWithin(FilterContract):
    filter = WITHIN
    values = ("11.1,43.7,11.4,43.9", "-180, -90, 180, 90", "177;-19;-178;-16", "2° 48° 3° 49°", "-0.0,0,0,0", "5,5,5,5")
    wrong_values = (
        "11.1,43.7,11.4",
        "11.1,43.7,11.4,43.9,50",
        "2,49,3,48",
        "181,0,182,1",
        "0,-91,1,0",
        "a,b,c,d",
        "nan,0,1,1",
        "1e1,0,11,1",
        5,
        "1" + " " * 90 + "x",
    )


class TestRating(FilterContract):
    filter = RATING
    values = (">=4", 5, "2..3", "..2", "<3 stars", "1 star", "≥ 4")
    wrong_values = ("good", "★", ">", "3..2", ">=5MB", "-1", True)


class TestTag(FilterContract):
    filter = TAG
    values = ("kids", "on holiday", "50%", "É", "{0}")
    wrong_values = (5, ["kids"], True)


class TestType(FilterContract):
    filter = TYPE
    values = ("jpg", "RAW, .heic", "mpo", "jpeg|png", "video")
    wrong_values = ("docx", "jpg,,png", 5)


class TestWidth(FilterContract):
    filter = WIDTH
    values = (">2000", "<= 1000", "=1920", 1920, 1920.5, "1000..2000", "1000..", "..2000", "≥ 800px")
    wrong_values = ("wide", ">", "2000..1000", ">5MB", "-5", True, "..", ">1e9", "1" * 16)


class TestHeight(FilterContract):
    filter = HEIGHT
    values = (">2000", "1000..2000")
    wrong_values = ("tall", "> 5 MP")


class TestSize(FilterContract):
    filter = SIZE
    values = (">5MB", "<200 kb", "2.5MiB", "1MB..5MB", "≥12mp", 1_000_000)
    wrong_values = ("big", ">5XB", "5MB..1MB", "1MB..5MP", "..5XB")


class TestTitle(FilterContract):
    filter = TITLE
    values = ("old harbour", "50%", "Été", "!")
    wrong_values = (5, ["a"], True)


class TestDescription(FilterContract):
    filter = DESCRIPTION
    values = ("in the rain",)
    wrong_values = (5, ["a"], True)


class TestKeyword(FilterContract):
    filter = KEYWORD
    values = ("dog", "animals|dog", "狗")
    wrong_values = (5, ["a"], True)


class TestPerson(FilterContract):
    filter = PERSON
    values = ("Ana", "Ana-Maria da Silva", "王")
    wrong_values = (5, ["a"], True)


class TestLocation(FilterContract):
    filter = LOCATION
    values = ("Italy", "Italien", "Paris, Texas", "Nowhere at all", ",", "東京")
    wrong_values = (5, ["Italy"], True)
