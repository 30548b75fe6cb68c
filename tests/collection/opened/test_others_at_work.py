"""Other threads and processes are at work in the same collection."""

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from collection.opened.conftest import OpenCollection, ids
from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.telling.progress import IndexPlan, SilentListener
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.errors import CollectionBusyError, CollectionError, CollectionNotFoundError
from twinlens.stores.exact import ExactStore


class TestOthersAtWork:
    def test_a_second_indexer_is_told_that_it_is_busy_and_searching_works(
        self, indexed: Collection, open_collection: OpenCollection
    ) -> None:
        other = open_collection()
        with FileLock(indexed.path / "index.lock"):
            with pytest.raises(CollectionBusyError, match="another process is indexing"):
                other.index()
            assert ids(other.search("red", k=1)) == ["red.png"]
        assert other.index().unchanged == 4

    def test_two_indexers_at_once_do_the_work_once(
        self, make_photo: PhotoMaker, open_collection: OpenCollection
    ) -> None:
        for number in range(40):
            make_photo(f"{number}.png", "red", seed=number)
        one, other = open_collection(), open_collection()

        class Meanwhile(SilentListener):
            busy = 0

            def advanced(self, done: int, report: IndexReport) -> None:
                try:
                    other.index()
                except CollectionBusyError:
                    self.busy += 1

        listener = Meanwhile()
        assert one.index(listener=listener).added == 40
        assert listener.busy == 3
        assert other.index().unchanged == 40

    def test_every_search_during_indexing_sees_whole_batches(
        self, make_photo: PhotoMaker, open_collection: OpenCollection
    ) -> None:
        for number in range(40):
            make_photo(f"{number:02}.png", "red", seed=number)
        indexer, searcher = open_collection(), open_collection()
        seen = []

        class Searching(SilentListener):
            def planned(self, plan: IndexPlan) -> None:
                with pytest.raises(CollectionNotFoundError):
                    searcher.search("red")

            def advanced(self, done: int, report: IndexReport) -> None:
                seen.append(len(searcher.search("red", k=100)))

        indexer.index(listener=Searching())
        assert seen == [16, 32, 40]
        assert searcher.faults() == []

    def test_threads_may_search_while_another_indexes(
        self,
        make_photo: PhotoMaker,
        open_collection: OpenCollection,
        photos: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        make_photo("blue.png", "blue")
        for number in range(120):
            make_photo(f"{number:03}.png", "red", seed=number)
        shutil.move(photos, photos.parent / "all")
        photos.mkdir()
        shutil.copy(photos.parent / "all" / "blue.png", photos)
        indexer = open_collection()
        indexer.index()
        shutil.copytree(photos.parent / "all", photos, dirs_exist_ok=True)
        shared, faults, done = open_collection(), [], threading.Event()
        cleared: list[ExactStore] = []
        real = ExactStore.clear
        monkeypatch.setattr(ExactStore, "clear", lambda store: (cleared.append(store), real(store))[1])

        def search(collection: Collection) -> None:
            while not done.is_set():
                try:
                    hits = collection.search("blue", k=1000)
                    if hits[0].id != "blue.png" or len(set(ids(hits))) != len(hits):
                        faults.append(ids(hits))
                except Exception as error:  # noqa: BLE001 — a thread's error must fail the test
                    faults.append(error)

        threads = [threading.Thread(target=search, args=(one,)) for one in (shared, shared, open_collection())]
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-4)
        try:
            for thread in threads:
                thread.start()
            indexer.index()
            for file in sorted(photos.glob("1*.png")):
                file.unlink()
            indexer.index()
        finally:
            done.set()
            for thread in threads:
                thread.join()
            sys.setswitchinterval(interval)
        assert faults[:3] == []
        assert cleared == []  # nobody took a newer state for one put back from a copy
        for collection in (indexer, shared):
            assert len(collection.search("blue", k=1000)) == 101
            assert collection.faults() == []

    def test_another_process_may_search_while_this_one_indexes(
        self, indexed: Collection, make_photo: PhotoMaker, photos: Path, tmp_path: Path
    ) -> None:
        for number in range(60):
            make_photo(f"more/{number:02}.png", "white", seed=number)
        script = tmp_path / "search.py"
        script.write_text(
            "import json, sys\n"
            "from pathlib import Path\n"
            f"sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
            "from conftest import ColourEncoder\n"
            "from twinlens.collection.collection import Collection\n"
            "collection = Collection.open(sys.argv[1], model=ColourEncoder())\n"
            "for _ in sys.stdin:\n"
            "    hits = collection.search('white', k=100)\n"
            "    print(json.dumps([len(hits), hits[0].id, collection.faults()]), flush=True)\n"
        )
        seen = []
        with subprocess.Popen(
            [sys.executable, str(script), str(photos)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:

            def ask() -> list:
                assert process.stdin
                assert process.stdout
                process.stdin.write("go\n")
                process.stdin.flush()
                return json.loads(process.stdout.readline())

            class Asking(SilentListener):
                def advanced(self, done: int, report: IndexReport) -> None:
                    seen.append(ask())

            assert ask()[0] == 4
            indexed.index(listener=Asking())
            seen.append(ask())
            assert process.stdin
            process.stdin.close()
        assert process.returncode == 0
        assert [count for count, _, _ in seen] == [20, 36, 52, 64, 64]
        assert {first.startswith("more/") for _, first, _ in seen} == {True}
        assert [faults for _, _, faults in seen] == [[]] * 5
        assert indexed.faults() == []

    def test_many_may_open_a_new_collection_at_once(self, make_photo: PhotoMaker, models: dict, photos: Path) -> None:
        make_photo("red.png")
        together, opened, faults = threading.Barrier(5), [], []

        def open_one() -> None:
            together.wait()
            try:
                opened.append(Collection.open(photos))
            except CollectionError as error:
                faults.append(str(error))

        threads = [threading.Thread(target=open_one) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        assert [folder.path for folder in opened[0].folders()] == [photos]
        opened[0].index()
        for collection in opened:
            assert ids(collection.search("red")) == ["red.png"]
            collection.close()
