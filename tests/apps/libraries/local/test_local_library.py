"""A collection as the app searches it: limited, shared by threads, without a connection for each."""

import threading
from pathlib import Path

import psutil
import pytest

from twinlens.api.library import Collection
from twinlens.apps.libraries.library import SearchOptions
from twinlens.apps.libraries.local.local_library import THREADS
from twinlens.apps.libraries.local.local_pictures import LocalPictures
from twinlens.apps.libraries.local.open_libraries import MOST_OPEN, OpenLibraries
from twinlens.errors import CollectionNotFoundError, PhotoError, QueryError


def test_a_part_of_a_folder_is_searched_alone(indexed: Path) -> None:
    libraries = OpenLibraries()
    library = libraries.get(str(indexed / "beach"))
    assert {hit.id.partition("/")[0] for hit in library.by_words("red", SearchOptions()).hits} == {"beach"}
    assert library.choices()["folder"] == []
    assert libraries.get(str(indexed)).choices()["folder"] == ["beach", "odd", "wood"]
    with pytest.raises(QueryError, match="empty"):
        library.by_words("  ", SearchOptions(k=1))
    with pytest.raises(PhotoError, match="no longer in the collection"):
        library.thumbnail("../captions.csv")
    libraries.close()


@pytest.mark.parametrize(
    ("part", "photos", "captions"), [("", 5, 3), ("beach", 2, 2), ("wood", 1, 1), ("odd", 1, 0), ("not indexed", 0, 0)]
)
def test_the_card_counts_the_part_of_a_folder_that_is_searched(
    indexed: Path, part: str, photos: int, captions: int
) -> None:
    libraries = OpenLibraries()
    library = libraries.get(str(indexed / part))
    card = library.card()
    assert (card.place, card.num_images, card.num_captions) == (str(indexed / part), photos, captions)
    if photos:
        assert library.by_words("red", SearchOptions()).num_candidates == photos
        picture = next((indexed / part).rglob("*.png")).read_bytes()
        assert library.captions_of(picture, SearchOptions()).num_candidates == captions
    libraries.close()


def test_many_threads_leave_few_connections(indexed: Path) -> None:
    libraries = OpenLibraries()
    found = []
    for _ in range(3 * THREADS):
        thread = threading.Thread(target=lambda: found.append(libraries.get(str(indexed)).card().num_images))
        thread.start()
        thread.join()
    assert found == [5] * (3 * THREADS)
    opened = [file.path for file in psutil.Process().open_files()]
    assert 0 < opened.count(str(indexed / ".twinlens" / "catalog.sqlite")) <= THREADS + 1
    libraries.close()


def test_a_library_is_opened_once_and_never_made(indexed: Path, tmp_path: Path) -> None:
    libraries = OpenLibraries()
    assert libraries.get(str(indexed)) is libraries.get(str(indexed))
    with pytest.raises(CollectionNotFoundError):
        libraries.get(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    assert MOST_OPEN > 1
    libraries.close()


def test_a_picture_that_was_uploaded_is_embedded_once(indexed: Path) -> None:
    picture = (indexed / "beach" / "red.png").read_bytes()
    with Collection.open(indexed) as collection:
        pictures = LocalPictures(collection)
        assert pictures.uploaded(picture) is pictures.uploaded(bytes(bytearray(picture)))
        assert pictures.uploaded(picture, "0,0,0.5,0.5") is not pictures.uploaded(picture)
