"""How long each kind of query takes in a library of 100,000 photos, warm.

Prints milliseconds of processor time of all threads, which other programs disturb less than the clock. Queries take
turns, so that whatever else the machine does hits them alike, and what the store keeps of one query is dropped before
the next. The made library stays where --at says, to be measured again.

Example: .venv/bin/python benchmarks/query_speed.py --at /tmp/made --photos 100000
"""

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import made_library

from twinlens.api.library import Collection
from twinlens.api.searching import Search
from twinlens.collection.searching.query import Query, words_query
from twinlens.collection.searching.search import Page, Sort
from twinlens.stores.exact import ExactStore

TEXTS = (
    "name:IMG_000123", "name:IMG_0*7.jpg", "IMG_000123.jpg", '"IMG_000123"', "folder:2000", "tag:kids",
    "person:ana", 'caption:"a dog"', "title:walk", '"on a beach"', "grandma rose",
)  # fmt: skip
OTHERS = (
    "a dog", "a dog on a beach", "dog", "a", "the", "photo", "img", "a dog -cat", 'dog -"on a beach"', "no people",
    "camera:canon", "dog camera:canon", "-camera:canon", "rating:5", "rating>=3", "place:italy", "dog place:italy",
    "near:Paris", "near:48.85,2.35,2km", "album:dogs", 'album:"best of"', 'dog album:"best of"', "dog OR cat",
    "dog OR tag:kids", "(dog OR cat) camera:canon", "dog + 0.5 beach - 0.3 night", "year:2015", "dog year:2015",
    "date:2015-06-01..2016-06-30", "after:2020", "before:2003", "dog last summer", "christmas 2012", "has:gps",
    "has:people", "has:caption", "-has:gps", "type:heic", "-type:heic", "orientation:portrait", "width>4000",
    "size>1KB", "favourite:yes", "keyword:sea", "kids in the garden", "",
)  # fmt: skip
ORDERS: tuple[Sort, ...] = ("date", "name", "size")
SORTED = ("", "dog", "camera:canon")
PAGES = (("a dog", 50), ("camera:canon", 50), ("", 50), ("a", 50))
TYPED = ("do", "a dog on", "img", "ita", "canon", "kids par", "grandma")
K = 40  # of a page in the web interface


def acts(collection: Collection) -> dict[str, Callable[[], object]]:
    """What is measured, by name."""

    def ask(query: str, *, page: int = 0, sort: Sort = "relevance") -> Callable[[], object]:
        def act() -> object:
            parsed = words_query(query) if query else Query((), "all photos")
            return collection.answer(Search(parsed, page=Page(K, K * page, sort)))

        return act

    facts = collection.facts()
    found = {f"text   {query}": ask(query) for query in TEXTS}
    found |= {f"query  {query}": ask(query) for query in OTHERS}
    found |= {f"sort   {query} by {sort}": ask(query, sort=sort) for query in SORTED for sort in ORDERS}
    found |= {f"page   {page} of {query!r}": ask(query, page=page) for query, page in PAGES}
    found |= {f"typed  {text}": partial(collection.suggest, text, facts) for text in TYPED}
    found["album  first page, by hand"] = lambda: collection.albums.open(made_library.ALBUM, k=K)
    found["album  page 50, by hand"] = lambda: collection.albums.open(made_library.ALBUM, k=K, offset=50 * K)
    found["album  first page, live"] = lambda: collection.albums.open(made_library.LIVE, k=K)
    found["browse newest"] = lambda: collection.browse(k=K)
    return found


def main() -> None:
    """Prints a line for each, slowest last."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--at", type=Path, required=True, help="folder of the made library; made if it is missing")
    options.add_argument("--photos", type=int, default=100_000)
    options.add_argument("--times", type=int, default=5)
    options.add_argument("--only", default="", help="those with this text in their name")
    options.add_argument("--json", type=Path, help="also write the medians into a file")
    asked = options.parse_args()
    if not asked.at.exists():
        made_library.make(asked.at, asked.photos)
    with Collection.open(asked.at) as collection:
        started = time.perf_counter()
        collection.answer("a dog")
        print(f"first query {time.perf_counter() - started:.2f} s")
        measured = {name: act for name, act in acts(collection).items() if asked.only in name}
        stores = [one for one in gc.get_objects() if isinstance(one, ExactStore)]
        taken: dict[str, list[float]] = {name: [] for name in measured}
        for _ in range(asked.times + 1):
            for name, act in measured.items():
                for store in stores:
                    store._scans = ()
                started = time.process_time()
                act()
                taken[name].append(1000 * (time.process_time() - started))
    medians = {name: statistics.median(times[1:]) for name, times in taken.items()}
    for name, median in sorted(medians.items(), key=lambda one: one[1]):
        print(f"{median:8.1f} ms  (first {taken[name][0]:7.1f})  {name}")
    if asked.json:
        asked.json.write_text(json.dumps(medians, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
