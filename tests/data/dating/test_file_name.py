import pytest

from twinlens.data.dating.file_name import name_moment


@pytest.mark.parametrize(
    ("name", "taken_at"),
    [
        ("IMG-20190704-WA0003.jpg", "2019-07-04T00:00:00"),
        ("VID-20190704-WA0003.jpg", "2019-07-04T00:00:00"),
        ("WhatsApp Image 2021-07-04 at 11.36.39 (1).jpeg", "2021-07-04T11:36:39"),
        ("signal-2021-07-04-113600.jpg", "2021-07-04T11:36:00"),
        ("signal-2021-07-04-11-36-00-123.jpg", "2021-07-04T11:36:00"),
        ("photo_2021-07-04_11-36-39.jpg", "2021-07-04T11:36:39"),
        ("Screenshot_20210704-113600.png", "2021-07-04T11:36:00"),
        ("Screenshot_20210704-113600_Chrome.jpg", "2021-07-04T11:36:00"),
        ("Screenshot 2021-07-04 at 11.36.39.png", "2021-07-04T11:36:39"),
        ("Screen Shot 2021-07-04 at 1.36.39\u202fPM.png", "2021-07-04T13:36:39"),
        ("Screen Shot 2021-07-04 at 12.36.39 AM.png", "2021-07-04T00:36:39"),
        ("Bildschirmfoto 2021-07-04 um 11.36.39.png", "2021-07-04T11:36:39"),
        ("2011-07-19 11.36.39.jpg", "2011-07-19T11:36:39"),
        ("2011-07-19 11.36.39-1.jpg", "2011-07-19T11:36:39"),
        ("2011-07-19.jpg", "2011-07-19T00:00:00"),
        ("2021_07_04_11_36_39.jpg", "2021-07-04T11:36:39"),
        ("IMG_20210704_113639.jpg", "2021-07-04T11:36:39"),
        ("IMG20210704113639.jpg", "2021-07-04T11:36:39"),
        ("VID_20210704_113639.jpg", "2021-07-04T11:36:39"),
        ("PXL_20210704_113639123.jpg", "2021-07-04T11:36:39"),
        ("20210704_113639.jpg", "2021-07-04T11:36:39"),
        ("20210704_113639(0).jpg", "2021-07-04T11:36:39"),
        ("20210704_256199.jpg", "2021-07-04T00:00:00"),  # a day, and a number that is no time
        ("Grüße 2021-07-04.jpg", "2021-07-04T00:00:00"),
        ("1955-06-01 wedding.jpg", "1955-06-01T00:00:00"),
        ("copy of 12345678 from 2021-07-04.jpg", "2021-07-04T00:00:00"),
    ],
)
def test_a_date_in_a_file_name_is_found(name: str, taken_at: str) -> None:
    found = name_moment(f"2001-01-01/{name}")
    assert found is not None
    assert (found.taken_at, found.source) == (taken_at, "name")


@pytest.mark.parametrize(
    "name",
    [
        "IMG_12345678.jpg",
        "IMG_99999999.jpg",
        "IMG_20211399.jpg",
        "IMG_0001.jpg",
        "DSC_1955.jpg",
        "a20210704b.jpg",
        "12345678901234567890.jpg",
        "20210704113639456789.jpg",
        "FB_IMG_1562233123456.jpg",
        "1700-06-01.jpg",  # before photography
        "2999-06-01.jpg",  # in the future
        "1970-01-01 00.00.00.jpg",  # a clock that was never set
        "2021-02-30.jpg",
        "beach.jpg",
    ],
)
def test_digits_that_are_no_date_give_none(name: str) -> None:
    assert name_moment(f"2001-01-01/{name}") is None


def test_only_names_of_google_phones_are_in_utc() -> None:
    names = ("PXL_20210704_113639123.jpg", "IMG_20210704_113639.jpg")
    assert [found and found.utc_offset_minutes for found in map(name_moment, names)] == [0, None]
