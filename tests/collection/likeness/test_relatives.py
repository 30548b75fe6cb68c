"""The photos whose stacks depend on each other are found without holding those of all."""

from random import Random

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.files.file_facts import facts_of, file_facts
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.likeness.relatives import families_of, related_photos
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector

VECTOR = PhotoVector(np.eye(1, 8, dtype=np.float32)[0], None)


def test_families_of_the_related_photos_are_those_of_all(catalog: Catalog) -> None:
    catalog.add_folder("photos", "..")
    dice = Random(1)
    with catalog.writing() as writer:
        for number in range(600):
            name = dice.choice(("IMG_{}.jpg", "IMG_{}.cr2", "img_e{}.jpg", "IMG_{}-edited.jpg", "été {}.jpg"))
            path = f"{dice.choice('abc')}/{name.format(dice.randrange(2000))}"
            camera = dice.choice(("Canon", "Nikon", None))
            taken = f"2023-06-01T{number % 24:02}:{dice.randrange(60):02}:{dice.randrange(60):02}"
            details = PhotoDetails(4, 3, taken_at=taken if dice.random() < 0.9 else None, camera=camera)
            state = FileState(1, path, 1, number, number.to_bytes(8, "big"))
            writer.put_photo(state, details, VECTOR, reader_version=1)
    related, everything = related_photos(catalog), families_of(file_facts(catalog))
    assert np.isin(everything.ids, related).all()
    assert len(everything.ids) <= len(related) < catalog.count()
    found = families_of(facts_of(catalog, related.tolist()))
    assert (found.ids.tolist(), found.leaders.tolist()) == (everything.ids.tolist(), everything.leaders.tolist())


def test_a_library_without_photos_has_none(catalog: Catalog) -> None:
    assert related_photos(catalog).tolist() == []
