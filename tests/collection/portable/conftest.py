"""A library that people have given much to, and what it amounts to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import PhotoMaker
from twinlens.collection.collection import Collection

OpenCollection = Callable[..., Collection]


@pytest.fixture
def library(make_photo: PhotoMaker, open_collection: OpenCollection, tmp_path: Path) -> Collection:
    """red.png, its copy.png, trip/blue.png and broken.png, with all that can be given."""
    make_photo("red.png", "red")
    make_photo("copy.png", "red")
    make_photo("trip/blue.png", "blue")
    (tmp_path / "photos" / "broken.png").write_bytes(b"no picture")
    captions = tmp_path / "captions.csv"
    captions.write_text("image,caption\nred.png,a red wall\ntrip/blue.png,blue sea\ntrip/blue.png,a wave\n")
    collection = open_collection()
    collection.index(captions=captions)
    collection.mark_favourites(["red.png"])
    collection.tags.add(["Kids", "été"], ["trip/blue.png"])
    collection.ratings.rate(4, ["copy.png"])
    collection.albums.add("Best", ["trip/blue.png", "red.png"])
    collection.albums.save("Blue ones", "blue")
    collection.feedback("blue", good=["trip/blue.png"], bad=["red.png"])
    return collection


def given(collection: Collection) -> dict[str, Any]:
    """All that people gave, by photo, and the albums."""
    photos = {}
    for folder in collection.folders():
        for (_, path), _file in sorted(collection.catalog.files.all().items()):
            photo_id = folder.prefix + path
            if (card := collection.photo(photo_id)) is not None:
                photos[photo_id] = (
                    collection.captions_of(photo_id),
                    card.is_favourite,
                    card.tags,
                    card.rating,
                    card.albums,
                )
    albums = {album.name: (album.query, collection.albums.ids(album.name)) for album in collection.albums.all()}
    opinions = [one._replace(folder_id=0) for one in collection.catalog.feedback.all()]
    return {"photos": photos, "albums": albums, "opinions": opinions}
