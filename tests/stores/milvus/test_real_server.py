"""The store on a real server."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from contracts.vector_store import (
    DIM,
    NOTHING,
    OWNER,
    ExactStoreContract,
    Vectors,
    blocks,
    check_answer,
    clustered,
    put,
    unit,
)
from relay import Relay
from stores.milvus.running import RunningMilvus
from twinlens.errors import CollectionError, StoreUnavailableError, VectorsDamagedError
from twinlens.protocols import VectorStore

pytestmark = [pytest.mark.server, pytest.mark.slow]
server_module = pytest.importorskip("twinlens.stores.milvus.server", exc_type=ImportError)
store_module = pytest.importorskip("twinlens.stores.milvus.store", exc_type=ImportError)


class TestMilvusStore(ExactStoreContract):
    test_any_sequence_of_updates_equals_a_dictionary = None  # type: ignore[assignment]  # many collections: see below

    @pytest.fixture(autouse=True)
    def _server(self, milvus: RunningMilvus) -> None:
        self.port = milvus.port

    def open_store(self, folder: Path, *, dim: int = DIM, owner: str = OWNER, library: str = "") -> object:
        name = library or "t" + hashlib.sha256(str(folder.parent).encode()).hexdigest()[:12]
        return store_module.MilvusStore(folder, dim=dim, owner=owner, url=f"milvus://127.0.0.1:{self.port}/{name}")

    def test_a_sequence_of_updates_equals_a_dictionary(self, tmp_path: Path) -> None:
        random = np.random.default_rng(5)
        few = unit(random.normal(size=(6, DIM)))
        vectors: Vectors = {}
        store = self.open_store(tmp_path / "store")
        for generation in range(1, 5):
            added = {int(one): few[random.integers(6)] for one in random.choice(12, 5, replace=False) + 1}
            removed = sorted({int(one) for one in random.choice(12, 4, replace=False) + 1})
            put(store, added, removed=removed, generation=generation)
            vectors = {one: row for one, row in vectors.items() if one not in removed} | added
            if generation % 2:
                store = self.open_store(tmp_path / "store")
            assert (store.generation, store.ids().tolist()) == (generation, sorted(vectors))
            check_answer(store.search(few, 5), vectors, few, 5)
            among = np.arange(1, 9)
            check_answer(store.search(few, 5, among=among), vectors, few, 5, among=among)

    def test_another_machine_has_no_file_of_ids(self, tmp_path: Path) -> None:
        vectors = clustered(30)
        put(self.open_store(tmp_path / "here" / "photos", library="shared"), vectors, generation=3)
        there = self.open_store(tmp_path / "there" / "photos", library="shared")
        assert (there.generation, there.ids().tolist()) == (3, sorted(vectors))

    def test_another_library_s_vectors_are_not_replaced(self, tmp_path: Path) -> None:
        put(self.open_store(tmp_path / "photos", library="taken"), clustered(3), generation=1)
        other = self.open_store(tmp_path / "other" / "photos", owner="another-catalog/model", library="taken")
        with pytest.raises(CollectionError, match="vectors of another library; give this one a name of its own"):
            put(other, clustered(3), generation=1)
        assert len(self.open_store(tmp_path / "photos", library="taken")) == 3

    def test_the_index_changes_with_the_number_and_nothing_is_lost(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kinds = pytest.importorskip("twinlens.stores.milvus.kinds")
        vectors = clustered(40)
        store = put(self.open_store(tmp_path / "store"), vectors, generation=1)
        searching = self.open_store(tmp_path / "store")
        monkeypatch.setattr(kinds, "_UP_TO", ((40, kinds.FLAT), (1000, kinds.HNSW)))
        more = clustered(20, seed=3, first_id=41)
        put(store, more, removed=[2], generation=2)
        vectors = {one: row for one, row in (vectors | more).items() if one != 2}
        query = vectors[1][None]
        self.check(store.search(query, 10), vectors, query, 10)
        with pytest.raises(VectorsDamagedError, match="another process has replaced it"):
            searching.search(query, 10)
        searching.refresh()
        self.check(searching.search(query, 10), vectors, query, 10)

    def test_what_an_interrupted_update_left_is_never_shown(self, tmp_path: Path) -> None:
        vectors = clustered(10)
        store = put(self.open_store(tmp_path / "store"), vectors, generation=1)

        def failing() -> Iterator[object]:
            yield from blocks(clustered(5, first_id=50))
            raise OSError("the network went away")

        with pytest.raises(OSError, match="went away"):
            store.update(failing(), NOTHING, generation=2)
        again = self.open_store(tmp_path / "store")
        query = vectors[1][None]
        self.check(again.search(query, 20), vectors, query, 20)
        put(again, {}, generation=2)
        assert len(server_module.connected(again.address).ids(again.space)) == 10

    @pytest.mark.parametrize("how", ["the server has ended", "the network is cut"])
    def test_a_server_that_went_away_is_told_and_found_again(
        self, how: str, milvus: RunningMilvus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vectors = clustered(20)
        query = vectors[1][None]
        with Relay(milvus.port) as way:
            leave, come_back = (way.close, way.open) if how == "the server has ended" else (way.cut, way.mend)
            self.port = way.port
            store = put(self.open_store(tmp_path / "store"), vectors, generation=1)
            for name in ("CALL_S", "SEARCH_S", "BUILD_S", "ASK_S"):
                monkeypatch.setattr(server_module, name, 2.0)
            leave()
            for failing in (lambda: store.search(query, 3), store.refresh, lambda: put(store, vectors, generation=2)):
                started = time.monotonic()
                with pytest.raises(
                    StoreUnavailableError, match=r"does not answer as it should; is it running\?"
                ) as told:
                    failing()
                assert "\n" not in str(told.value)
                assert time.monotonic() - started < 60
            monkeypatch.undo()
            come_back()
            until = time.monotonic() + 60
            while not answers(store):  # gRPC pauses between its attempts, for longer after each failure
                assert time.monotonic() < until
                time.sleep(0.5)
            self.check(store.search(query, 20), vectors, query, 20)
            assert self.open_store(tmp_path / "store").generation == 1


def answers(store: VectorStore) -> bool:
    try:
        store.refresh()
    except StoreUnavailableError:
        return False
    return True
