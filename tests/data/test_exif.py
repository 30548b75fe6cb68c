import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from twinlens.data.exif import PhotoDetails, read_details, read_orientation

MAKE, MODEL, ORIENTATION, CHANGED = 271, 272, 274, 306
EXIF, GPS, LENS = 34665, 34853, 42036
TAKEN, DIGITIZED, OFFSET, OFFSET_TAKEN = 36867, 36868, 36880, 36881
LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE, GPS_TIME, GPS_DATE = 1, 2, 3, 4, 7, 29


def photo(tags=None, details=None, place=None, *, size=(40, 30)) -> Image.Image:
    """A JPEG with these EXIF tags, opened from its bytes as from a file."""
    exif = Image.Exif()
    exif.update(tags or {})
    exif.get_ifd(EXIF).update(details or {})
    exif.get_ifd(GPS).update(place or {})
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, "JPEG", exif=exif)
    return Image.open(io.BytesIO(file.getvalue()))


def with_iptc(details=None, *, date: bytes, time: bytes = b"") -> Image.Image:
    """A JPEG with the date and time "created" of IPTC."""
    fields = b"".join(
        b"\x1c\x02" + bytes([number]) + len(value).to_bytes(2, "big") + value
        for number, value in ((55, date), (60, time))
        if value
    )
    fields += b"\0" * (len(fields) % 2)
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + len(fields).to_bytes(4, "big") + fields
    segment = b"\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block
    file = io.BytesIO()
    photo(details=details).save(file, "JPEG", exif=photo(details=details).getexif())
    return Image.open(io.BytesIO(file.getvalue()[:2] + segment + file.getvalue()[2:]))


def with_texts(*, xmp: bytes = b"", iptc: bytes = b"", exif: Image.Exif | None = None) -> Image.Image:
    """A JPEG with texts in any of the three."""
    file = io.BytesIO()
    Image.new("RGB", (40, 30)).save(file, "JPEG", xmp=xmp or None, exif=exif or Image.Exif())
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + len(iptc).to_bytes(4, "big") + iptc
    segment = b"\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block if iptc else b""
    return Image.open(io.BytesIO(file.getvalue()[:2] + segment + file.getvalue()[2:]))


def iptc_texts(*fields: tuple[int, bytes]) -> bytes:
    found = b"".join(b"\x1c\x02" + bytes([number]) + len(text).to_bytes(2, "big") + text for number, text in fields)
    return found + b"\0" * (len(found) % 2)


PACKET = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Of XMP</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF>
</x:xmpmeta>"""


def test_texts_are_read_from_xmp_then_iptc_then_exif():
    exif = Image.Exif()
    exif[0x010E], exif[0x4746] = "Of EXIF", 2
    exif[0x9C9E] = "sea;dog".encode("utf-16-le")
    iptc = iptc_texts((5, b"Of IPTC"), (120, "Schöner Tag".encode("cp1252")), (25, b"dog"), (25, "été".encode()))
    details = read_details(with_texts(xmp=PACKET, iptc=iptc, exif=exif))
    assert (details.title, details.description) == ("Of XMP", "Schöner Tag")
    assert (details.keywords, details.rating) == (("dog", "été", "sea"), 4)
    assert read_details(with_texts(exif=exif)).description == "Of EXIF"


@pytest.mark.parametrize(
    "text", ["OLYMPUS DIGITAL CAMERA", "SONY DSC", "DCIM\\100MEDIA\\DJI_0012.JPG", "default", "          "]
)
def test_what_cameras_write_of_themselves_is_no_description(text):
    exif = Image.Exif()
    exif[0x010E] = text
    assert read_details(with_texts(exif=exif)).description is None


@pytest.mark.parametrize("xmp", [b"<x", b"\xff\xfe", b"<!DOCTYPE a [<!ENTITY b 'b'>]><a>&b;</a>", PACKET[:200]])
def test_damaged_xmp_is_no_obstacle(xmp):
    assert read_details(with_texts(xmp=xmp)) == PhotoDetails(40, 30)


def test_photo_without_exif_has_its_size_only():
    file = io.BytesIO()
    Image.new("RGB", (40, 30)).save(file, "JPEG")
    assert read_details(Image.open(file)) == PhotoDetails(40, 30)


def test_picture_made_in_memory_has_its_size_only():
    assert read_details(Image.new("RGB", (40, 30))) == PhotoDetails(40, 30)


@pytest.mark.parametrize(
    ("orientation", "size"), [(1, (40, 30)), (3, (40, 30)), (5, (30, 40)), (6, (30, 40)), (8, (30, 40))]
)
def test_size_is_that_of_the_upright_photo(orientation, size):
    image = photo({ORIENTATION: orientation})
    details = read_details(image)
    assert (details.width, details.height) == size
    assert read_orientation(image) == orientation


@pytest.mark.parametrize("orientation", [0, 9, 300])
def test_unknown_orientation_is_upright(orientation):
    assert read_orientation(photo({ORIENTATION: orientation})) == 1


class TestDate:
    def test_date_is_the_wall_clock_of_the_camera(self):
        assert read_details(photo(details={TAKEN: "2023:06:01 12:30:45"})).taken_at == "2023-06-01T12:30:45"

    def test_moment_of_the_shot_wins_over_the_scan_and_the_last_change(self):
        tags = {CHANGED: "2024:01:01 00:00:00"}
        shot = {TAKEN: "2021:02:03 04:05:06", DIGITIZED: "2022:01:01 00:00:00"}
        assert read_details(photo(tags, shot)).taken_at == "2021-02-03T04:05:06"
        assert read_details(photo(tags, {DIGITIZED: shot[DIGITIZED]})).taken_at == "2022-01-01T00:00:00"
        assert read_details(photo(tags)).taken_at == "2024-01-01T00:00:00"

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("2023-06-01 12:30:45", "2023-06-01T12:30:45"),
            ("2023/06/01 12:30:45", "2023-06-01T12:30:45"),
            ("2023:06:01T12:30:45", "2023-06-01T12:30:45"),
            ("2023:06:01 12:30", "2023-06-01T12:30:00"),
            ("2023:06:01 12:30:60", "2023-06-01T12:30:59"),  # a leap second
            ("  2023:06:01 12:30:45\0\0", "2023-06-01T12:30:45"),
            ("2024:02:29 23:59:59", "2024-02-29T23:59:59"),
            ("2023:06:01", "2023-06-01T00:00:00"),
            ("2023: 6: 1  9: 5: 3", "2023-06-01T09:05:03"),
            ("2023:06:30 24:00:00", "2023-07-01T00:00:00"),
            ("2023-06-01T12:30:45.123+02:00", "2023-06-01T12:30:45"),
            ("1955:06:01 00:00:00", "1955-06-01T00:00:00"),  # a scanned print
        ],
    )
    def test_usual_spellings_of_a_date_are_understood(self, written, read):
        assert read_details(photo(details={TAKEN: written})).taken_at == read

    @pytest.mark.parametrize(
        "written",
        [
            "0000:00:00 00:00:00",
            "    :  :     :  :  ",
            "2023:13:01 12:30:45",
            "2023:02:29 12:30:45",
            "2023:06:01 25:30:45",
            "2023:06:01 24:30:45",
            "1825:06:01 12:30:45",  # before photography
            "9999:12:31 24:00:00",
            "1970:01:01 00:00:00",  # clocks that were never set
            "1980:01:01 03:14:22",
            "yesterday",
            "",
        ],
    )
    def test_date_that_never_was_is_none(self, written):
        assert read_details(photo(details={TAKEN: written})).taken_at is None

    @pytest.mark.parametrize("blank", ["0000:00:00 00:00:00", "    :  :     :  :  ", "1980:01:01 00:00:00"])
    def test_blank_date_of_the_shot_does_not_hide_the_next_one(self, blank):
        shot = {TAKEN: blank, DIGITIZED: "2022:01:01 10:00:00"}
        assert read_details(photo(details=shot)).taken_at == "2022-01-01T10:00:00"
        assert read_details(photo({CHANGED: "2023:01:01 10:00:00"}, {TAKEN: blank})).taken_at == "2023-01-01T10:00:00"

    def test_date_of_tomorrow_is_plausible_and_of_next_year_is_none(self):
        now = datetime.now(UTC)
        soon, late = (f"{now + timedelta(days=days):%Y:%m:%d %H:%M:%S}" for days in (0.5, 366))
        assert read_details(photo(details={TAKEN: soon})).taken_at is not None
        assert read_details(photo(details={TAKEN: late})).taken_at is None

    def test_source_of_the_date_is_told(self):
        assert read_details(photo(details={TAKEN: "2023:06:01 12:30:45"})).date_source == "exif"
        assert read_details(photo()).date_source is None

    def test_date_that_is_a_number_is_none(self):
        image = photo()
        image.getexif()[CHANGED] = 20230601
        assert read_details(image).taken_at is None

    @pytest.mark.parametrize(
        ("written", "minutes"), [("+02:00", 120), ("-03:30", -210), ("+00:00", 0), ("+14:00", 840), (" +05:45\0", 345)]
    )
    def test_zone_is_minutes_east_of_greenwich(self, written, minutes):
        details = {TAKEN: "2023:06:01 12:30:45", OFFSET_TAKEN: written}
        assert read_details(photo(details=details)).utc_offset_minutes == minutes

    @pytest.mark.parametrize("written", ["", "Z", "0200", "+0200", "   :  ", "+99:99", "+02:75", "Europe/Berlin"])
    def test_zone_that_is_none_on_earth_is_none(self, written):
        details = {TAKEN: "2023:06:01 12:30:45", OFFSET_TAKEN: written}
        assert read_details(photo(details=details)).utc_offset_minutes is None

    def test_zone_of_the_shot_wins_over_the_zone_of_the_last_change(self):
        shot = {TAKEN: "2023:06:01 12:30:45", OFFSET: "+01:00"}
        assert read_details(photo(details={**shot, OFFSET_TAKEN: "+09:00"})).utc_offset_minutes == 540
        assert read_details(photo(details=shot)).utc_offset_minutes == 60

    def test_zone_without_a_date_is_none(self):
        assert read_details(photo(details={OFFSET_TAKEN: "+09:00"})).utc_offset_minutes is None


class TestOtherDates:
    def test_iptc_date_counts_where_exif_has_none(self):
        details = read_details(with_iptc(date=b"20210704", time=b"113639+0200"))
        assert (details.taken_at, details.utc_offset_minutes, details.date_source) == (
            "2021-07-04T11:36:39",
            120,
            "iptc",
        )
        dated = with_iptc({TAKEN: "2023:06:01 12:30:45"}, date=b"20210704")
        assert read_details(dated).date_source == "exif"

    def test_iptc_day_without_a_time_is_midnight(self):
        assert read_details(with_iptc(date=b"20210704")).taken_at == "2021-07-04T00:00:00"

    @pytest.mark.parametrize("date", [b"20210000", b"", b"00000000", b"yesterday", b"20211399"])
    def test_iptc_date_that_never_was_is_none(self, date):
        assert read_details(with_iptc(date=date)).taken_at is None

    def test_satellites_tell_the_date_in_utc(self):
        details = read_details(photo(place={GPS_TIME: (9.0, 36.0, 39.0), GPS_DATE: "2021:07:04"}))
        assert (details.taken_at, details.utc_offset_minutes, details.date_source) == ("2021-07-04T09:36:39", 0, "gps")

    @pytest.mark.parametrize("clock", [None, (99.0, 0.0, 0.0), (9.0, 36.0), (IFDRational(0, 0),) * 3])
    def test_day_of_a_satellite_counts_without_its_time(self, clock):
        tags = {GPS_DATE: "2021:07:04"} | ({GPS_TIME: clock} if clock else {})
        assert read_details(photo(place=tags)).taken_at == "2021-07-04T00:00:00"

    def test_time_of_a_satellite_without_a_day_is_none(self):
        assert read_details(photo(place={GPS_TIME: (9.0, 36.0, 39.0)})).taken_at is None


class TestCamera:
    @pytest.mark.parametrize(
        ("make", "model", "camera"),
        [
            ("Apple", "iPhone 13", "Apple iPhone 13"),
            ("Canon", "Canon EOS R5", "Canon EOS R5"),
            ("NIKON CORPORATION", "NIKON D850", "NIKON D850"),
            ("samsung", "SAMSUNG SM-G991B", "SAMSUNG SM-G991B"),
            ("SONY", "ILCE-7M3", "SONY ILCE-7M3"),
            ("  OLYMPUS IMAGING CORP.  ", "E-M10\0\0", "OLYMPUS IMAGING CORP. E-M10"),
            ("Kodak", "", "Kodak"),
            ("", "DMC-FZ200", "DMC-FZ200"),
            (" ", "\0", None),
        ],
    )
    def test_maker_and_model_make_one_name(self, make, model, camera):
        assert read_details(photo({MAKE: make, MODEL: model})).camera == camera

    def test_camera_without_maker_or_model_is_none(self):
        assert read_details(photo({ORIENTATION: 1})).camera is None

    def test_names_written_as_bytes_are_read(self):
        image = photo()
        image.getexif()[MAKE], image.getexif()[MODEL] = b"Fujifilm\0", b"X-T5 \xff"
        assert read_details(image).camera == "Fujifilm X-T5 \ufffd"

    def test_name_that_is_a_number_is_none(self):
        image = photo()
        image.getexif()[MODEL] = 42
        assert read_details(image).camera is None


@pytest.mark.parametrize(
    ("written", "lens"),
    [
        ("EF50mm f/1.8 STM", "EF50mm f/1.8 STM"),
        ("  Helios\0", "Helios"),
        ("----", None),
        ("0.0 mm f/0.0", None),
        ("", None),
        (50, None),
        ("1" * 5000, "1" * 200),
    ],
)
def test_lens_is_its_model_unless_the_camera_does_not_know_it(written, lens):
    assert read_details(photo(details={LENS: written})).lens == lens


def place(latitude=(48.0, 51.0, 29.6), north="N", longitude=(2.0, 17.0, 40.2), east="E") -> dict:
    return {LATITUDE_REF: north, LATITUDE: latitude, LONGITUDE_REF: east, LONGITUDE: longitude}


class TestPlace:
    def test_degrees_minutes_seconds_become_degrees(self):
        details = read_details(photo(place=place()))
        assert details.latitude == pytest.approx(48 + 51 / 60 + 29.6 / 3600, abs=1e-6)
        assert details.longitude == pytest.approx(2 + 17 / 60 + 40.2 / 3600, abs=1e-6)

    def test_south_and_west_are_negative(self):
        details = read_details(photo(place=place(north="S", east="W")))
        assert details.latitude == pytest.approx(-48.858222, abs=1e-5)
        assert details.longitude == pytest.approx(-2.2945, abs=1e-5)

    def test_zero_is_a_place(self):
        details = read_details(photo(place=place((0.0, 0.0, 0.0), "N", (0.0, 0.0, 0.0), "E")))
        assert (details.latitude, details.longitude) == (0.0, 0.0)

    def test_pole_and_date_line_are_places(self):
        details = read_details(photo(place=place((90.0, 0.0, 0.0), "S", (180.0, 0.0, 0.0), "E")))
        assert (details.latitude, details.longitude) == (-90.0, 180.0)

    @pytest.mark.parametrize(
        "latitude",
        [
            pytest.param((91.0, 0.0, 0.0), id="beyond the pole"),
            pytest.param((90.0, 0.0, 1.0), id="a second beyond the pole"),
            pytest.param((48.0, 51.0), id="two parts"),
            pytest.param((48.0, 51.0, 29.0, 1.0), id="four parts"),
            pytest.param((IFDRational(0, 0), IFDRational(0, 0), IFDRational(0, 0)), id="nothing over nothing"),
            pytest.param((IFDRational(48, 0), IFDRational(51, 1), IFDRational(29, 1)), id="over nothing"),
        ],
    )
    def test_impossible_latitude_is_none_and_keeps_the_longitude(self, latitude):
        details = read_details(photo(place=place(latitude)))
        assert details.latitude is None
        assert details.longitude == pytest.approx(2.2945, abs=1e-5)

    @pytest.mark.parametrize("latitude", ["48.85", 48.85, ("a", "b", "c"), (-48.0, 0.0, 0.0), (float("nan"), 0.0, 0.0)])
    def test_latitude_of_another_kind_is_none(self, latitude):
        image = photo()
        image.getexif().get_ifd(GPS).update(place(latitude))
        assert read_details(image).latitude is None

    def test_longitude_beyond_the_date_line_is_none(self):
        assert read_details(photo(place=place(longitude=(181.0, 0.0, 0.0)))).longitude is None

    def test_direction_written_as_bytes_is_read(self):
        image = photo()
        image.getexif().get_ifd(GPS).update(place(north=b"S\0"))
        assert read_details(image).latitude == pytest.approx(-48.858222, abs=1e-5)


class TestDamagedExif:
    @pytest.mark.filterwarnings("ignore")  # Pillow's, about the damage
    @pytest.mark.parametrize(
        "block", [b"Exif\0\0", b"Exif\0\0junk", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*"]
    )
    def test_unreadable_block_is_as_good_as_none(self, block):
        file = io.BytesIO()
        Image.new("RGB", (40, 30)).save(file, "PNG", exif=block)
        image = Image.open(file)
        assert read_details(image) == PhotoDetails(40, 30)
        assert read_orientation(image) == 1

    def test_one_unreadable_value_costs_none_of_the_others(self):
        tags = {MAKE: "Apple", MODEL: "iPhone 13", ORIENTATION: 6}
        details = read_details(photo(tags, {TAKEN: "garbage", OFFSET_TAKEN: "?"}, place((999.0, 0.0, 0.0))))
        assert (details.width, details.height) == (30, 40)
        assert details.camera == "Apple iPhone 13"
        assert details.longitude is not None
        assert (details.taken_at, details.utc_offset_minutes, details.latitude) == (None, None, None)
