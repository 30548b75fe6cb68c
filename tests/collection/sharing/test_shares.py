"""Shares: their key opens just what they show, until they expire, are revoked, or what they show is gone."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.schema import SCHEMA_VERSION
from twinlens.collection.collection import Collection
from twinlens.collection.sharing.shares import Shares
from twinlens.errors import QueryError, ShareEndedError, UnknownAlbumError, UnknownShareError

OpenCollection = Callable[..., Collection]
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def collection(make_photo: PhotoMaker, open_collection: OpenCollection) -> Collection:
    """Three red photos, two blue ones."""
    for name in ("red/1", "red/2", "red/3", "blue/1", "blue/2"):
        make_photo(f"{name}.png", name.partition("/")[0], seed=int(name[-1]))
    opened = open_collection()
    opened.index()
    return opened


def shown(shares: Shares, key: str) -> list[str | None]:
    share = shares.find(key)
    photos, count = shares.photos(share, k=100)
    assert len(photos) == count
    return [shares.photo_id(share, photo.name) for photo in photos]


def test_a_share_shows_its_photos_in_their_order_under_names_that_tell_nothing(collection: Collection) -> None:
    shares = collection.shares
    made = shares.share_photos(["red/3.png", "blue/1.png"], heading=" Our\n trip ")
    assert shown(shares, made.key) == ["red/3.png", "blue/1.png"]
    assert (made.share.heading, shares.told(made.share), made.share.with_originals) == ("Our trip", "2 photos", False)
    again = shares.share_photos(["red/3.png"])
    ((one, *_), _), ((other,), _) = shares.photos(made.share, k=5), shares.photos(again.share, k=5)
    assert one.name != other.name, "two shares cannot be compared"
    assert shares.photo_id(again.share, one.name) is None
    assert [photo.name for photo in shares.photos(made.share, k=1, offset=1)[0]] != [one.name]


def test_only_a_hash_of_the_key_is_kept(collection: Collection, photos: Path) -> None:
    made = collection.shares.share_photos(["red/3.png"])
    secret = made.key.partition("-")[2].encode()
    files = [file for file in (photos / ".twinlens").rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if secret in file.read_bytes()]
    assert made.share.digest.hex() not in repr(made.share)


def test_a_shared_search_and_an_album_show_what_is_found_when_they_are_opened(
    collection: Collection, make_photo: PhotoMaker, photos: Path
) -> None:
    shares = collection.shares
    search = shares.share_search("red", folder=photos / "red")
    days = shares.share_search(folder="blue", sort="name", days=1)
    collection.albums.add("Best", ["blue/2.png", "red/1.png"])
    collection.albums.save("Blues", "blue")
    by_hand, live = shares.share_album("best"), shares.share_album("Blues", heading="")
    assert sorted(map(str, shown(shares, search.key))) == ["red/1.png", "red/2.png", "red/3.png"]
    assert shown(shares, days.key) == ["blue/1.png", "blue/2.png"]
    assert shown(shares, by_hand.key) == ["blue/2.png", "red/1.png"]
    assert sorted(map(str, shown(shares, live.key))) == ["blue/1.png", "blue/2.png"]
    assert [shares.told(one) for one in shares.all()] == [
        "the album 'Blues'",
        "the album 'Best'",
        "the search, folder: blue",
        "the search 'red', folder: red",
    ]
    assert (by_hand.share.heading, live.share.heading) == ("Best", "")
    collection.albums.rename("Best", "Better")
    collection.albums.remove("Better", ["red/1.png"])
    make_photo("red/4.png", "red", seed=4)
    collection.index()
    assert shown(shares, by_hand.key) == ["blue/2.png"], "at once"
    assert "red/4.png" in shown(shares, search.key)


def test_a_share_ends_when_it_expires_is_revoked_or_its_album_is_deleted(collection: Collection) -> None:
    now = [NOW]
    shares = Shares(
        collection.catalog, collection._given, collection._searcher, collection.albums, clock=lambda: now[0]
    )
    usual = shares.share_photos(["red/1.png"])
    short, never = shares.share_photos(["red/1.png"], days=1), shares.share_photos(["red/1.png"], days=None)
    assert (usual.share.made_at, usual.share.expires_at) == ("2026-11-29T12:00:00", "2026-12-29T12:00:00")
    now[0] = NOW + timedelta(days=1)
    with pytest.raises(ShareEndedError, match="expired"):
        shares.find(short.key)
    now[0] = NOW + timedelta(days=29, hours=23)
    assert shown(shares, usual.key) == ["red/1.png"]
    assert shares.revoke(usual.share.number).revoked_at == shares.revoke(usual.share.number).revoked_at
    with pytest.raises(ShareEndedError, match="taken back"):
        shares.find(usual.key)
    assert [shares.has_ended(share) for share in shares.all()] == [False, True, True]
    collection.albums.add("Best", ["red/1.png"])
    album = shares.share_album("Best")
    collection.albums.delete("Best")
    with pytest.raises(ShareEndedError, match="gone"):
        shares.photos(shares.find(album.key), k=1)
    now[0] = NOW + timedelta(days=1000)
    assert shown(shares, never.key) == ["red/1.png"]
    shares.share_photos(["red/2.png"])
    assert [share.number for share in shares.all()] == [5, never.share.number], "those that ended long ago are gone"
    with pytest.raises(UnknownShareError):
        shares.find(short.key)


def test_no_other_key_opens_a_share(collection: Collection) -> None:
    shares = collection.shares
    one, other = shares.share_photos(["red/1.png"]), shares.share_photos(["blue/1.png"])
    secret = one.key.partition("-")[2]
    wrong = [
        "",
        "1",
        "-",
        f"2-{secret}",
        f"9-{secret}",
        f"-1-{secret}",
        f"1-{secret[:-1]}",
        f"1-{secret} ",
        one.key * 2,
    ]
    wrong += [f"1-{'a' * 32}", f"١-{secret}", f"{10**18}-{secret}", "1-\udcff", one.share.digest.hex(), f"01-{secret}"]
    for key in wrong:
        with pytest.raises(UnknownShareError):
            shares.find(key)
    assert shown(shares, other.key) == ["blue/1.png"]


def test_what_cannot_be_shared_is_refused_and_nothing_is_made(collection: Collection) -> None:
    shares = collection.shares
    with pytest.raises(QueryError, match="nothing was changed"):
        shares.share_photos(["red/1.png", "nowhere.png"])
    with pytest.raises(QueryError, match="1 to 10,000 photos, got 0"):
        shares.share_photos([])
    for days in (0, -1, 40_000, True, 1.5):
        with pytest.raises(QueryError, match="expires after 1 to 36,500 days, or never"):
            shares.share_photos(["red/1.png"], days=days)  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="words or a filter"):
        shares.share_search(" ")
    with pytest.raises(QueryError, match="year"):
        shares.share_search("red", year="soon")
    with pytest.raises(UnknownAlbumError):
        shares.share_album("none")
    with pytest.raises(UnknownShareError, match="share list"):
        shares.revoke(1)
    assert shares.all() == []


def test_a_photo_that_leaves_the_library_leaves_its_share(collection: Collection, photos: Path) -> None:
    made = collection.shares.share_photos(["red/1.png", "red/2.png"])
    name = collection.shares.photos(made.share, k=1)[0][0].name
    (photos / "red" / "1.png").unlink()
    (photos / "red" / "2.png").rename(photos / "other.png")
    collection.index()
    assert shown(collection.shares, made.key) == ["other.png"]
    assert collection.shares.photo_id(made.share, name) is None


def test_another_picture_in_the_place_of_a_shared_one_is_not_shown(
    collection: Collection, make_photo: PhotoMaker, photos: Path
) -> None:
    made = collection.shares.share_photos(["red/3.png", "blue/1.png"])
    make_photo("red/3.png", "green", seed=9)
    assert collection.index().updated == 1
    collection.close()
    with Collection.open(photos) as again:
        assert shown(again.shares, made.key) == ["blue/1.png"]


def test_a_catalog_of_the_release_before_gets_a_table_for_shares(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    Catalog(path, create=True).close()
    with closing(Catalog(path)) as catalog, catalog.transaction() as connection:
        connection.execute("DROP TABLE shares")
        for index in ("photos_skipped", *(f"removed_{of}by_generation" for of in ("", "captions_", "moments_"))):
            connection.execute(f"DROP INDEX {index}")  # of schema 16
        connection.execute("PRAGMA user_version = 14")
    with closing(Catalog(path, read_only=True)) as catalog:
        assert (catalog.shares.all(), catalog.shares.find(1)) == ([], None)
    with closing(Catalog(path)) as catalog:
        assert catalog.shares.count() == 0
        assert catalog.rows("PRAGMA user_version") == [(SCHEMA_VERSION,)]
