"""Photos with texts, and a reading of them without an index."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import FileState
from twinlens.types import Embeddings
from twinlens.words.terms import humps_apart

_SIGNS = r"\u0e00-\u0eff\u3400-\u9fff"
_NOT_READ = r"[\u0300-\u036f\u064b-\u065f]"  # accents, and the vowel signs of Arabic
_EDGES = re.compile(
    rf"(?<=[0-9])(?![0-9])|(?<![0-9])(?=[0-9])|(?<=[{_SIGNS}])(?![{_SIGNS}])|(?<![{_SIGNS}])(?=[{_SIGNS}])"
)


def embedding() -> Embeddings:
    """Of a caption."""
    return np.eye(8, dtype=np.float32)[0]


def state(path: str, *, folder_id: int = 1) -> FileState:
    """The file of a photo."""
    return FileState(folder_id, path, 100, 1_000_000, path.encode()[:16].ljust(16, b"\0"))


def put_captions(catalog: Catalog, captions: dict[int, Sequence[str]]) -> None:
    """Gives captions to photos, by id."""
    with catalog.writing() as writer:
        for photo_id, texts in captions.items():
            for text in texts:
                writer.put_caption(photo_id, text, embedding())


def holds(text: str, phrase: str) -> bool:
    """Whether a text has the words of a phrase in a row."""
    wanted = _spaced(phrase).strip()
    start = "" if re.match(f"[{_SIGNS}]", wanted) else "(?<= )"
    end = "" if re.search(f"[{_SIGNS}]$", wanted) else "(?= )"
    return bool(wanted) and re.search(f"{start}{re.escape(wanted)}{end}", f" {_spaced(text)} ") is not None


def photos_holding(catalog: Catalog, phrase: str) -> list[int]:
    """Ids of photos with a phrase, read from the catalog one by one."""
    found = []
    for photo_id, photo in catalog.photos(catalog.select_ids().tolist()).items():
        folder, _, name = photo.path.rpartition("/")
        texts = [name, humps_apart(name), folder, humps_apart(folder), *catalog.captions.of_photo(photo_id)]
        if any(holds(text, phrase) for text in texts):
            found.append(photo_id)
    return sorted(found)


def _spaced(text: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not re.match(_NOT_READ, c))
    bare = "".join(str(unicodedata.decimal(c, c)) for c in bare)
    kept = (c if unicodedata.category(c)[0] in "LMN" else f" {c} " if ord(c) > 0x1F000 else " " for c in bare)
    return " ".join(_EDGES.sub(" ", "".join(kept)).split())
