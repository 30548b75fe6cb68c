"""The network to the catalog is cut, of which nobody is told: what waits ends, and all goes on when it is mended."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from collection.catalog.postgres.conftest import OpenServed
from collection.catalog.postgres.indexers import Leader, Listener
from conftest import ColourEncoder, PhotoMaker
from postgres_server import DATABASE, SECRET, USER, Server
from relay import Relay
from rest.served_library import client_of
from twinlens.collection.catalog.postgres import pool, silence
from twinlens.collection.catalog.postgres.address import Address
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.sharing import helping, leading
from twinlens.errors import CatalogUnavailableError

BOUND_S = 60.0  # far more than what is waited for here, and far less than a system waits
PHOTOS = 100


@pytest.fixture
def relay(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    monkeypatch.setattr(silence, "SILENT_S", 0.3)
    monkeypatch.setattr(pool, "CONNECT_S", 2)  # the least that libpq takes
    with Relay(server.port) as made:
        yield made


def through(relay: Relay, address: Address) -> str:
    return f"postgresql://{USER}@127.0.0.1:{relay.port}/{DATABASE}?schema={address.schema}"


@pytest.mark.slow
def test_a_library_whose_catalog_is_cut_off_says_so_and_goes_on_when_it_is_back(
    server: Server, address: Address, relay: Relay, make_photo: PhotoMaker, models: None, tmp_path: Path
) -> None:
    make_photo("red.png", "red")
    collection = Collection.create([tmp_path / "photos"], at=through(relay, address))
    collection.index()
    tagged = {"image_ids": ["red.png"], "tags": ["Kids"]}
    writer = psycopg.connect(server.address, password=SECRET)
    writer.execute("SELECT pg_advisory_lock(%s, %s)", collection.catalog._lock_of("write"))
    with client_of(collection) as client, ThreadPoolExecutor(1) as busy:
        assert client.get("/readyz").status_code == 200
        waiting = busy.submit(client.post, "/api/tags", json=tagged)  # for that writer, when the network goes
        deadline = time.monotonic() + BOUND_S
        while not server.sql("SELECT 1 FROM pg_locks WHERE NOT granted"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        relay.cut()
        writer.close()
        started = time.monotonic()
        answers = [waiting.result(timeout=BOUND_S), client.get("/readyz")]
        answers.append(client.post("/api/search/text", json={"query": "red"}))
        assert time.monotonic() - started < BOUND_S
        assert [(one.status_code, one.json()["error"]["code"]) for one in answers] == [(503, "library_missing")] * 3
        assert client.get("/health").json()["missing"] == "catalog"
        relay.mend()
        assert client.get("/readyz").status_code == client.get("/health").status_code == 200
        assert client.post("/api/search/text", json={"query": "tag:kids"}).json()["results"] == []  # it was told so
        assert client.post("/api/tags", json=tagged).status_code == 200
        found = client.post("/api/search/text", json={"query": "tag:kids"}).json()["results"]
        assert [hit["image_id"] for hit in found] == ["red.png"]
    collection.close()


def test_a_statement_that_takes_long_is_waited_for(relay: Relay, address: Address, open_served: OpenServed) -> None:
    catalog = open_served().catalog
    with catalog.connected() as connection:
        assert connection.raw.execute("SELECT pg_sleep(1), 5").fetchone()[1] == 5  # three times as long as silence


@pytest.mark.slow
@pytest.mark.parametrize("cut_off", ["the one that leads", "one that helps"])
def test_an_indexer_that_is_cut_off_ends_and_the_other_one_reads_every_photo_once(
    cut_off: str,
    server: Server,
    address: Address,
    relay: Relay,
    encoder: ColourEncoder,
    models: None,
    make_photo: PhotoMaker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(helping, "WAIT_S", 0.05)
    monkeypatch.setattr(leading, "WAIT_S", 0.02)
    for number in range(PHOTOS):
        make_photo(f"{number:03}.png", "red", seed=number, size=(8, 8))
    leads = cut_off == "the one that leads"
    places = [through(relay, address), str(address)] if leads else [str(address), through(relay, address)]
    first, second = (Collection.create([tmp_path / "photos"], at=place) for place in places)
    leader, listener = Leader(first, encoder, monkeypatch), Listener(on_helped=relay.cut)
    leader.start()
    with ThreadPoolExecutor(1) as pool_of_one:
        helped = pool_of_one.submit(second.index, listener=listener, together=True)
        assert listener.has_helped.wait(BOUND_S)
        leader.let.set()
        if leads:
            with pytest.raises(CatalogUnavailableError, match="cannot be reached"):
                leader.report()
            relay.mend()  # as the server itself does after a minute
            report = helped.result(timeout=BOUND_S)
        else:
            with pytest.raises(CatalogUnavailableError, match="cannot be reached"):
                helped.result(timeout=BOUND_S)
            server.sql(f"UPDATE {address.schema}.index_work SET leased_until = now() WHERE found IS NULL")
            report = leader.report()
    assert report.images == report.added + report.unchanged == PHOTOS
    relay.mend()
    for collection in (first, second):
        assert collection.index().unchanged == PHOTOS
        paths = collection.catalog.rows("SELECT path FROM photos JOIN vectors ON photo_id = id")
        assert len(set(paths)) == len(paths) == PHOTOS
        assert collection.faults() == []
        collection.close()
