"""Indexers on two machines share one run: all photos once, whoever reads them, stops or dies."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pytest

from collection.catalog.postgres.conftest import OpenServed
from collection.catalog.postgres.indexers import Leader, Listener
from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.catalog.postgres import work as works
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.sharing import helping, leading
from twinlens.collection.indexing.sharing.lots import Found, found_of, found_text
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import EmbeddedPhoto, PhotoVector, embed_batches
from twinlens.errors import AlreadyIndexingError

PHOTOS = 100  # in four lots


MakeLeader = Callable[[], Leader]


@pytest.fixture
def make_leader(
    open_served: OpenServed, encoder: ColourEncoder, make_photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> MakeLeader:
    monkeypatch.setattr(works, "LEASE_S", 3600)  # a busy machine makes nobody look dead
    monkeypatch.setattr(helping, "WAIT_S", 0.05)
    monkeypatch.setattr(leading, "WAIT_S", 0.02)
    for number in range(PHOTOS):
        make_photo(f"{number:03}.png", ("red", "green", "blue")[number % 3], seed=number, size=(8, 8))
    return lambda: Leader(open_served(), encoder, monkeypatch)


@pytest.fixture
def on_another_machine(
    make_leader: MakeLeader, open_served: OpenServed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> tuple[Leader, Collection]:
    leader = make_leader()
    monkeypatch.setenv("TWINLENS_HOME", str(tmp_path / "another machine"))
    return leader, open_served()


def test_two_indexers_share_a_run_and_each_tells_what_it_read(
    on_another_machine: tuple[Leader, Collection], make_photo: PhotoMaker, tmp_path: Path
) -> None:
    leader, other = on_another_machine
    (tmp_path / "photos" / "damaged.png").write_bytes(b"no photo")
    leader.start()
    with pytest.raises(AlreadyIndexingError):
        other.index()
    listener = Listener()
    with ThreadPoolExecutor(1) as pool:
        helping_run = pool.submit(other.index, listener=listener, together=True)
        assert listener.has_helped.wait(120)
        leader.let.set()
        led, helped = leader.report(), helping_run.result(timeout=120)
    assert (led.added, len(led.skipped), led.images) == (PHOTOS, 1, PHOTOS)
    assert 0 < led.by_others == helped.helped <= PHOTOS
    assert (helped.added, helped.unchanged) == (0, PHOTOS)
    assert (led.to_json()["by_others"], helped.to_json()["helped"]) == (led.by_others, helped.helped)
    rows = other.catalog.rows("SELECT path, content_hash FROM photos WHERE skip_reason IS NULL")
    assert len(set(rows)) == len({path for path, _ in rows}) == PHOTOS
    assert other.catalog.rows("SELECT count(*) FROM index_work")[0][0] == 0
    assert other.faults() == []
    assert {hit.path.name for hit in other.search("blue", k=20)} <= {f"{n:03}.png" for n in range(2, PHOTOS, 3)}


class AsOnACluster:
    """Takes photos before it needs them, as ``ClusterEmbedding`` does."""

    def embed_batches(
        self, items: Iterable[Any], encoder: ColourEncoder, *, foreseen: object, known: object, **options: Any
    ) -> Iterator[list[EmbeddedPhoto[Any]]]:
        source = iter(items)
        taken = list(islice(source, PHOTOS // 3))
        return embed_batches(chain(taken, source), encoder, **options)


def test_one_that_leads_may_have_a_cluster_that_computes_for_it(
    on_another_machine: tuple[Leader, Collection],
) -> None:
    leader, other = on_another_machine
    leader.start(AsOnACluster())
    listener = Listener()
    with ThreadPoolExecutor(1) as pool:
        helping_run = pool.submit(other.index, listener=listener, together=True)
        assert listener.has_helped.wait(120)
        leader.let.set()
        led, helped = leader.report(), helping_run.result(timeout=120)
    assert led.added == led.images == helped.unchanged == PHOTOS
    assert 0 < led.by_others == helped.helped <= PHOTOS
    assert other.catalog.rows("SELECT count(*), count(DISTINCT path) FROM photos")[0] == (PHOTOS, PHOTOS)
    assert other.catalog.rows("SELECT count(*) FROM index_work")[0][0] == 0


def test_what_is_read_elsewhere_is_stored_as_if_read_here(
    on_another_machine: tuple[Leader, Collection], open_served: OpenServed, tmp_path: Path, own_home: Path
) -> None:
    leader, other = on_another_machine
    leader.start()
    listener = Listener()
    with ThreadPoolExecutor(1) as pool:
        helping_run = pool.submit(other.index, listener=listener, together=True)
        assert listener.has_helped.wait(120)
        leader.let.set()
        assert leader.report().by_others
        helping_run.result(timeout=120)
    columns = "path, size_bytes, mtime_ns, content_hash, width, height, taken_at, date_source, beside, reader_version"
    asked = f"SELECT {columns}, embedding, features FROM photos JOIN vectors ON photo_id = id ORDER BY path"
    with Collection.create([tmp_path / "photos"], at=tmp_path / "alone") as alone:
        alone.index()
        assert [tuple(map(_plain, row)) for row in other.catalog.rows(asked)] == [
            tuple(map(_plain, row)) for row in alone.catalog.rows(asked)
        ]


def test_one_that_leads_and_stops_is_followed_by_one_that_helped(
    on_another_machine: tuple[Leader, Collection],
) -> None:
    leader, other = on_another_machine
    leader.fails = True
    leader.start()
    listener = Listener()
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(other.index, listener=listener, together=True)
        assert listener.has_helped.wait(120)
        leader.let.set()
        with pytest.raises(KeyboardInterrupt):
            leader.report()
        report = following.result(timeout=120)
    assert report.added + report.unchanged == report.images == PHOTOS
    assert other.catalog.rows("SELECT count(*) FROM index_work")[0][0] == 0  # nothing is left of the first run
    assert len(other.catalog.rows("SELECT DISTINCT path FROM photos")) == PHOTOS
    assert other.faults() == []


def test_one_whose_folder_is_missing_or_older_gives_the_run_nothing_wrong(
    make_leader: MakeLeader, open_served: OpenServed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    leader = make_leader()
    older = tmp_path / "older"
    older.mkdir()
    for number in range(PHOTOS):
        (older / f"{number:03}.png").write_bytes(b"an older copy, which is no photo")
    monkeypatch.setenv("TWINLENS_HOME", str(tmp_path / "another machine"))
    other = open_served()
    leader.start()
    folders = other._indexer._folders  # as if mounted elsewhere: the catalog has one path for all machines
    here = folders.all()
    has_claimed = threading.Event()
    claim = other.catalog.work.claim

    def claim_and_tell(*asked: str) -> object:
        lot = claim(*asked)
        has_claimed.set()
        return lot

    monkeypatch.setattr(other.catalog.work, "claim", claim_and_tell)
    helper = helping.Helper(other.catalog, other.catalog.work, lambda: [here[0]._replace(path=older)], Listener())
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(helper.help, other._indexer._model.embedder(), 3)
        assert has_claimed.wait(120)
        leader.let.set()
        done.result(timeout=120)
        led = leader.report()
    assert (led.added, led.by_others, helper.read, led.skipped) == (PHOTOS, 0, 0, [])
    missing = helping.Helper(
        other.catalog, other.catalog.work, lambda: [here[0]._replace(path=tmp_path / "none")], Listener()
    )
    has_claimed.clear()
    missing.help(other._indexer._model.embedder(), 3)
    assert not has_claimed.is_set()


def test_what_was_overwritten_in_the_table_is_not_believed(encoder: ColourEncoder) -> None:
    (row,) = encoder.encode_text(["red"])
    photo = EmbeddedPhoto("a", b"12", PhotoDetails(1, 2, keywords=("x",)), PhotoVector(row, row[:3]), None)
    failed = EmbeddedPhoto("b", None, None, None, "cannot be read")
    text = found_text([photo, failed, None])
    good, *others = found_of(text, encoder, 3)
    assert isinstance(good, Found)
    assert (good.content_hash, good.details, others) == (b"12", photo.details, [None, None])
    assert good.vector.embedding.tobytes() == row.tobytes()
    for damage in (b"", b"\xff", b"[]", b"{}", text[:-4], b"[1, 2, 3]", b'[{"hash": "zz"}, null, null]'):
        assert found_of(damage, encoder, 3) == [None] * 3
    line = json.loads(text)[0]
    for change in ({"embedding": line["features"]}, {"details": None}, {"features": None}, {"hash": 3}):
        assert found_of(json.dumps([{**line, **change}]).encode(), encoder, 1) == [None]


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value
