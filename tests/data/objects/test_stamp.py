"""By what an object is known to be unchanged."""

from datetime import UTC, datetime, timedelta, timezone

from twinlens.data.objects.stamp import SECOND_NS, date_ns, stat_of, tag_of

NOON = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)
NOON_NS = 1_795_953_600 * SECOND_NS


def test_the_date_is_that_of_the_object_to_the_second() -> None:
    for info in ({"LastModified": NOON}, {"LastModified": NOON, "ETag": '"abc"'}, {"updated": NOON.isoformat()}):
        assert date_ns(info) // SECOND_NS == NOON_NS // SECOND_NS
    later = NOON.astimezone(timezone(timedelta(hours=2)))
    assert date_ns({"mtime": later}) == NOON_NS
    assert date_ns({"created": NOON.replace(tzinfo=None)}) == NOON_NS
    assert date_ns({"mtime": 1_795_953_600.25}) == NOON_NS + SECOND_NS // 4


def test_objects_of_one_second_differ_by_their_etags() -> None:
    some = {date_ns({"LastModified": NOON, "ETag": f'"{number:032x}"'}) for number in range(1000)}
    assert len(some) == 1000


def test_the_etag_is_known_again_at_another_date_and_none_is_seen_where_there_is_none() -> None:
    one = date_ns({"LastModified": NOON, "ETag": '"abc"'})
    other = date_ns({"LastModified": NOON + timedelta(days=9), "ETag": '"abc"'})
    assert one != other
    assert tag_of(one) == tag_of(other) is not None
    assert tag_of(date_ns({"LastModified": NOON})) is None
    assert tag_of(date_ns({"mtime": NOON + timedelta(microseconds=123_456)})) is None


def test_metadata_of_google_cloud_change_its_etag_but_not_the_stamp() -> None:
    info = {"md5Hash": "1B2M2Y8AsgTpgAmY7PhCfg==", "updated": NOON}
    assert date_ns({**info, "etag": "CAE="}) == date_ns({**info, "etag": "CAI="})


def test_folders_links_and_objects_are_told_apart() -> None:
    assert stat_of({"type": "directory"}).st_mode & 0o170000 == 0o040000
    assert stat_of({"type": "file", "size": 7}).st_size == 7
    assert stat_of({"type": "link", "size": 7}).st_mode & 0o170000 == 0o120000
