import json
from pathlib import Path

import pytest

from twinlens.data.exif import PhotoDetails
from twinlens.data.metadata.beside import files_beside, read_beside, with_beside
from twinlens.data.metadata.xml_tree import MOST_BYTES

LONG = "a_very_long_name_of_a_photo_from_a_holiday_by_the_sea"  # 53 characters
TAKEN = {"photoTakenTime": {"timestamp": "1625398599"}}  # 2021-07-04 11:36:39 UTC


@pytest.mark.parametrize(
    ("photo", "beside"),
    [
        ("beach.jpg", "beach.jpg.xmp"),
        ("beach.jpg", "beach.xmp"),
        ("BEACH.JPG", "beach.XMP"),
        ("beach.2021.heic", "beach.2021.xmp"),
        ("beach.jpg", "beach.jpg.json"),
        ("beach.jpg", "beach.json"),
        ("beach.jpg", "beach.jpg.supplemental-metadata.json"),
        ("beach.jpg", "beach.jpg.supplemental-me.json"),
        ("beach.jpg", "beach.jpg.s.json"),
        ("beach.jpg", "beach.jpg..json"),
        ("beach(1).jpg", "beach.jpg(1).json"),
        ("beach(1).jpg", "beach(1).jpg.json"),
        ("beach(1).jpg", "beach.jpg.supplemental-metadata(1).json"),
        ("beach(2).jpg", "beach.jpg.suppl(2).json"),
        ("beach-edited.jpg", "beach.jpg.json"),
        ("beach-bearbeitet.jpg", "beach.jpg.supplemental-metadata.json"),
        ("beach-edited(1).jpg", "beach.jpg(1).json"),
        ("beach(1)-edited.jpg", "beach.jpg(1).json"),
        ("beach(1)-edited.jpg", "beach.jpg.supplemental-metadata(1).json"),
        ("beach-modifié.jpg", "beach.jpg.json"),
        ("plage-modifie\u0301.jpg", "plage.jpg.json"),
        ("beach-ha editado.jpg", "beach.jpg.json"),
        ("beach-編集済み.jpg", "beach.jpg.supplemental-meta.json"),
        ("beach-відредаговано.jpg", "beach.jpg.json"),
        ("beach-redigert.jpg", "beach.jpg.json"),
        ("IMG_1.MP4", "IMG_1.HEIC.json"),
        ("IMG_1.MP4", "IMG_1.HEIC.supplemental-metadata.json"),
        ("IMG_1(2).MOV", "IMG_1.JPG.supplemental-meta(2).json"),
        ("PXL_1.MP", "PXL_1.MP.jpg.supplemental-metadata.json"),
        ("IMG_1-edited.jpg", "IMG_1.HEIC.json"),
        ("IMG_1-bearbeitet(1).jpg", "IMG_1.HEIC.supplemental-metadata(1).json"),
        (f"{LONG[:42]}-edi.jpg", f"{LONG[:42]}.jpg.json"),
        (f"{LONG[:44]}-e.jpg", f"{LONG[:44]}.j.json"),
        (f"{LONG[:42]}.jpg", f"{LONG[:42]}.jpg..json"),
        (f"{LONG[:38]}.jpg", f"{LONG[:38]}.jpg.sup.json"),
        (f"{LONG[:38]}(2).jpg", f"{LONG[:38]}.jpg.sup(2).json"),
        (f"{LONG[:43]}.jpeg", f"{LONG[:43]}.jp.json"),
        (f"{LONG[:45]}.jpeg", f"{LONG[:45]}..json"),
        ("e\u0301te\u0301.jpg", "été.jpg.json"),
        (f"{LONG}.jpg", f"{LONG[:46]}.json"),
        (f"{LONG}.jpg", f"{LONG[:47]}.json"),
        (f"{LONG}(1).jpg", f"{LONG[:46]}(1).json"),
        (f"{LONG}-edited.jpg", f"{LONG[:46]}.json"),
        ("été.jpg", "été.jpg.json"),
    ],
)
def test_file_beside_a_photo_is_found_by_its_name(photo, beside):
    assert files_beside([photo], [beside]) == {photo: (beside,)}


@pytest.mark.parametrize(
    ("photo", "beside"),
    [
        ("beach.jpg", "beach.jpg(1).json"),
        ("beach(1).jpg", "beach.jpg.json"),
        ("beach(1).jpg", "beach.jpg(2).json"),
        ("beach.jpg", "beaches.xmp"),
        ("beach.jpg", "metadata.json"),
        ("beach.jpg", "beach.jpg.other.json"),
        ("beach.jpg", "bea.json"),
        (f"{LONG}.jpg", f"{LONG[:30]}.json"),
        ("beach-e.jpg", "beach.jpg.json"),
        ("IMG_1.jpg", "IMG_1.HEIC.json"),
        ("IMG_1.MP4", "IMG_1.PNG.json"),
        ("IMG_1.MP4", "IMG_1.HEIC.supplemental-metadata(1).json"),
        ("beach-other.jpg", "beach.jpg.json"),
        (f"{LONG[:42]}-x.jpg", f"{LONG[:42]}.jpg.json"),
    ],
)
def test_file_of_another_photo_is_not_taken(photo, beside):
    assert files_beside([photo], [beside]) == {}


def test_own_file_of_an_edited_copy_comes_before_that_of_the_original():
    files = ["beach.jpg.json", "beach-edited.jpg.json"]
    assert files_beside(["beach.jpg", "beach-edited.jpg"], files) == {
        "beach.jpg": ("beach.jpg.json",),
        "beach-edited.jpg": ("beach-edited.jpg.json",),
    }


def test_own_file_of_a_video_comes_before_that_of_its_photo():
    files = ["IMG_1.HEIC.json", "IMG_1.MP4.json"]
    assert files_beside(["IMG_1.MP4"], files) == {"IMG_1.MP4": ("IMG_1.MP4.json",)}


def test_numbered_photos_of_one_name_have_their_own_files():
    files = ["a.jpg.supplemental-metadata.json", "a.jpg.supplemental-metadata(1).json", "a.xmp", "a.jpg.xmp"]
    assert files_beside(["a.jpg", "a(1).jpg"], files) == {
        "a.jpg": ("a.jpg.xmp", "a.xmp", "a.jpg.supplemental-metadata.json"),
        "a(1).jpg": ("a.jpg.supplemental-metadata(1).json",),
    }


def write(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_takeout_tells_description_people_date_and_position(tmp_path):
    file = write(
        tmp_path,
        "a.jpg.json",
        TAKEN
        | {
            "title": "a.jpg",
            "description": "On the\nbeach",
            "people": [{"name": "Ana"}, {"name": "Ben"}, {}, 7],
            "favorited": True,
            "geoData": {"latitude": 0.0, "longitude": 0.0},
            "geoDataExif": {"latitude": 48.85, "longitude": 2.35},
        },
    )
    (_, said), failed = read_beside([file])
    assert failed == []
    assert (said.title, said.description, said.people) == (None, "On the beach", ("Ana", "Ben"))
    assert said.moment == ("2021-07-04T11:36:39", 0, "takeout")
    assert said.position == (48.85, 2.35)
    assert said.rating == 5


@pytest.mark.parametrize(("own", "stars"), [(None, 5), (0, 5), (3, 3), (-1, -1)])
def test_a_favourite_of_google_has_five_stars_unless_the_photo_has_its_own(tmp_path, own, stars):
    beside, _ = read_beside([write(tmp_path, "a.jpg.json", TAKEN | {"favorited": True})])
    assert with_beside(PhotoDetails(4, 3, rating=own), beside).rating == stars


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.json", [1, 2], "JSON, but not of Google Takeout"),
        ("a.json", {"captions": []}, "JSON, but not of Google Takeout"),
        ("a.json", b"{", "damaged JSON"),
        ("a.json", b"[" * 100_000, "damaged JSON"),
        ("a.json", b"{\xff\xfe}", "damaged JSON"),
        ("a.json", b'{"photoTakenTime": ' + b"9" * 5000 + b"}", "damaged JSON"),
        ("a.xmp", b"", "damaged XML"),
        ("a.xmp", b"\xff\xfe\0<", "damaged XML"),
        ("a.xmp", b"<a>\xff</a>", "damaged XML"),
        ("a.xmp", b"<a>" * 1000, "elements inside each other"),
        ("a.xmp", b'<!DOCTYPE a [<!ENTITY b "bbbbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>', "document type"),
        ("a.xmp", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'.encode("utf-16"), "document type"),
        ("a.xmp", b"<?xml version='1.0' encoding='none-such'?><a/>", "damaged XML"),
    ],
)
def test_unreadable_file_is_named_with_its_reason(tmp_path, name, content, reason):
    file = write(tmp_path, name, content)
    said, failed = read_beside([file])
    assert said == read_beside([])[0]
    assert [one for one, _ in failed] == [file]
    assert reason in failed[0][1]


def test_huge_and_missing_files_are_refused(tmp_path):
    with (tmp_path / "a.xmp").open("wb") as file:
        file.truncate(12 * MOST_BYTES)
    _, failed = read_beside([tmp_path / "a.xmp", tmp_path / "gone.xmp"])
    assert [reason.rpartition(": ")[2] for _, reason in failed] == [
        "96 MB, more than 8",
        "No such file or directory",
    ]


@pytest.mark.parametrize(
    "value",
    ["x", None, [], {"timestamp": "1e9"}, {"timestamp": 10**30}, {"timestamp": -1}, {"timestamp": True}],
)
def test_date_of_takeout_that_is_none_is_not_told(tmp_path, value):
    (_, said), failed = read_beside([write(tmp_path, "a.json", {"photoTakenTime": value})])
    assert (said.moment, failed) == (None, [])


def test_files_beside_come_before_the_content_in_the_documented_order(tmp_path):
    xmp = write(
        tmp_path,
        "a.jpg.xmp",
        b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
          xmp:Rating="4"><dc:subject><rdf:Bag><rdf:li>sea</rdf:li></rdf:Bag></dc:subject>
        </rdf:Description></rdf:RDF></x:xmpmeta>""",
    )
    places = {"geoData": {"latitude": 1.0, "longitude": 2.0}}
    takeout = write(tmp_path, "a.jpg.json", TAKEN | places | {"description": "of Google"})
    details = PhotoDetails(
        4,
        3,
        taken_at="2021-07-04T13:36:39",
        date_source="exif",
        description="of the camera",
        keywords=("dog",),
        rating=2,
        latitude=48.0,
        longitude=2.0,
    )
    beside, _ = read_beside([xmp, takeout])
    whole = with_beside(details, beside)
    assert (whole.rating, whole.keywords, whole.description) == (4, ("sea", "dog"), "of Google")
    assert (whole.taken_at, whole.date_source, whole.latitude) == ("2021-07-04T13:36:39", "exif", 48.0)
    bare = with_beside(PhotoDetails(4, 3, taken_at="2022-01-01T00:00:00", date_source="name"), beside)
    assert (bare.taken_at, bare.date_source, bare.latitude) == ("2021-07-04T11:36:39", "takeout", 1.0)
