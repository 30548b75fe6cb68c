"""What people are told when the server is away, refuses, or has something else; and that nothing is lost."""

import gc
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from collection.catalog.postgres.conftest import OpenServed
from conftest import PhotoMaker
from postgres_server import DATABASE, SECRET, USER, Server
from twinlens.collection.catalog.opening import open_catalog
from twinlens.collection.catalog.postgres.address import PASSWORD, PASSWORD_FILE, Address, place_of
from twinlens.collection.collection import Collection
from twinlens.errors import AlreadyIndexingError, CatalogUnavailableError, CollectionError


def opened(address: Address) -> None:
    open_catalog(place_of(address) / "catalog.sqlite", create=True).close()


def refusal(address: Address) -> str:
    with pytest.raises(CollectionError) as raised:
        opened(address)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_catalog_that_was_not_made_is_not_there(address: Address) -> None:
    with pytest.raises(CollectionError, match=r"there is no catalog at .* make one: twinlens index"):
        Collection(place_of(address))


def test_a_server_that_refuses_is_told_in_a_line(
    server: Server, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = server.address
    assert "has no such database" in refusal(Address.parse(there.replace(DATABASE, "none")))
    assert "cannot be reached" in refusal(Address.parse(f"postgresql://{USER}@127.0.0.1:1/{DATABASE}"))
    server.sql("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    assert "the encoding LATIN1" in refusal(Address.parse(there.replace(DATABASE, "latin")))
    server.sql(f"CREATE SCHEMA {address.schema}")
    server.sql(f"CREATE TABLE {address.schema}.orders (id INTEGER)")
    assert "tables of another program" in refusal(address)
    server.sql(f"DROP SCHEMA {address.schema} CASCADE")
    opened(address)
    server.sql(f"UPDATE {address.schema}.twinlens_catalog SET version = 99")
    assert "newer twinlens: schema 99" in refusal(address)
    server.sql(f"UPDATE {address.schema}.twinlens_catalog SET version = 99999")
    assert "is damaged" in refusal(address)
    monkeypatch.setattr("twinlens.collection.catalog.postgres.catalog.LEAST_VERSION", 99)
    assert "a catalog needs 99 or later" in refusal(address)
    monkeypatch.setenv(PASSWORD, "wrong")
    assert PASSWORD in refusal(address)
    monkeypatch.delenv(PASSWORD)
    assert PASSWORD in refusal(address)


def test_a_password_in_a_file_is_read_at_each_connection(
    address: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PASSWORD)
    monkeypatch.setenv(PASSWORD_FILE, str(tmp_path / "secret"))
    assert f"{PASSWORD_FILE} names" in refusal(address)
    (tmp_path / "secret").write_text("\n")
    assert "which is empty" in refusal(address)
    (tmp_path / "secret").write_text("not this one\n")
    assert "refuses the user" in refusal(address)
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    opened(address)


@pytest.mark.slow
def test_a_server_that_goes_is_told_and_used_again_when_it_is_back(
    server: Server, open_served: OpenServed, make_photo: PhotoMaker
) -> None:
    make_photo("red.png", "red")
    collection = open_served()
    collection.index()
    before = [hit.path for hit in collection.search("red")]
    for how in ("fast", "immediate"):
        writing = collection.catalog.writing()
        writer = writing.__enter__()
        writer.remove(1)
        server.stop(how)
        try:
            with pytest.raises(CatalogUnavailableError):
                writing.__exit__(None, None, None)
            with pytest.raises(CatalogUnavailableError, match="goes on by itself"):
                collection.search("red")
            with pytest.raises(CatalogUnavailableError):
                collection.check_present()
        finally:
            server.start()
        assert [hit.path for hit in collection.search("red")] == before
        assert collection.tags.add(["kids"], ["red.png"]) in (0, 1)
    collection.check_present()
    assert collection.faults() == []


def test_one_process_indexes_at_a_time_on_whichever_machine(
    open_served: OpenServed, make_photo: PhotoMaker, own_home, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    make_photo("red.png", "red")
    first = open_served()
    first.index()
    monkeypatch.setenv("TWINLENS_HOME", str(tmp_path / "another machine"))
    second = open_served()
    assert second.path != first.path
    with first.catalog.only_one("index") as is_alone:
        assert is_alone
        with pytest.raises(AlreadyIndexingError, match="another process is indexing postgresql://"):
            second.index()
    assert second.index().unchanged == 1
    make_photo("blue.png", "blue")
    assert second.index().added == 1
    assert [hit.path.name for hit in first.search("blue", k=1)] == ["blue.png"]  # its vectors follow the catalog
    first.tags.add(["sea"], ["blue.png"])
    assert [hit.path.name for hit in second.search("tag:sea")] == ["blue.png"]


def test_who_has_lost_the_lock_of_those_who_index_writes_no_more(
    open_served: OpenServed, make_photo: PhotoMaker, server: Server
) -> None:
    make_photo("red.png", "red")
    first = open_served()
    first.index()
    with first.catalog.only_one("index") as is_alone:
        assert is_alone
        first.tags.add(["sea"], ["red.png"])
        server.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2")
        while first.catalog.is_taken("index"):
            time.sleep(0.01)
        assert open_served().index().unchanged == 1  # another process has it now
        with pytest.raises(CatalogUnavailableError):
            first.tags.add(["kids"], ["red.png"])
        assert first.catalog.work is not None
        with pytest.raises(CatalogUnavailableError):
            first.catalog.work.finished()
    assert first.tags.add(["kids"], ["red.png"]) == 1


def test_what_is_only_for_a_file_is_refused_and_says_what_to_do(
    open_served: OpenServed, make_photo: PhotoMaker, tmp_path, address: Address
) -> None:
    from twinlens.api import portable

    make_photo("red.png", "red")
    open_served().index()
    with pytest.raises(CollectionError, match="pg_dump"):
        portable.split_query(str(address), "red", tmp_path / "other")


def test_a_catalog_that_nobody_closes_leaves_no_connection(
    server: Server, open_served: OpenServed, make_photo: PhotoMaker
) -> None:
    catalog = open_catalog(open_served().path / "catalog.sqlite")
    assert catalog.count() == 0
    asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'twinlens'"
    before = server.sql(asked)[0][0]
    del catalog
    gc.collect()
    deadline = time.monotonic() + 30
    while server.sql(asked)[0][0] >= before:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_connection_asks_for_nothing_that_a_pooler_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, SECRET)
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        port = listening.getsockname()[1]
        address = Address.parse(f"postgresql://{USER}@127.0.0.1:{port}/{DATABASE}?sslmode=disable&gssencmode=disable")
        refused = pool.submit(refusal, address)
        asking, _ = listening.accept()
        with asking:
            length = int.from_bytes(asking.recv(4, socket.MSG_WAITALL))
            names = asking.recv(length - 4, socket.MSG_WAITALL)[4:].split(b"\0")[0:-2:2]
        assert "cannot be reached" in refused.result()
    assert set(names) == {b"user", b"database", b"application_name", b"client_encoding"}
