"""Records what the forty searches find, when the embedded model is another.

cd tests && python -m e2e.record_forty_searches
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from e2e.forty_searches import FAVOURITES, SEARCHES, Case, make_library, write_captions
from twinlens.collection.collection import Collection
from twinlens.collection.searching.search import Search

RECORD = Path(__file__).with_name("forty_searches.json")


def query_of(case: Case, library: Path) -> str:
    """The words, or the path of the photo."""
    return str(library / case.query[6:]) if case.query.startswith("photo:") else case.query


def record(folder: Path) -> None:
    """Makes the library in a folder, and writes the record."""
    library, found = make_library(folder / "library"), {}
    with Collection.open(library) as collection:
        collection.index(captions=write_captions(folder / "captions.csv"))
        collection.mark_favourites(FAVOURITES)
        for case in SEARCHES:
            search = Search.of(query_of(case, library), target=case.target, filters=case.filters, **case.options)
            answer = collection.answer(search)
            hits: list[list[Any]] = [[hit.caption or hit.id, round(hit.score, 4)] for hit in answer.hits]
            found[case.name] = {"candidates": answer.num_candidates, "hits": hits}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(told, ensure_ascii=False)}" for name, told in found.items())
    RECORD.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        record(Path(name))
