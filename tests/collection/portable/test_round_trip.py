"""Whatever a catalog holds goes into an archive and comes back the same."""

import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from catalog_photos import put_photos
from conftest import ColourEncoder
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.portable.carried import CarriedCatalog, CarriedPhoto
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.collection.portable.exporting import export_catalog
from twinlens.collection.portable.importing import import_given, import_new
from twinlens.collection.portable.opened_archive import OpenedArchive
from twinlens.errors import QueryError

ENCODER = ColourEncoder()
LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\")
NAMES = st.text(LETTERS, min_size=1, max_size=8).filter(lambda name: name not in (".", ".."))
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=3).map("/".join), min_size=1, max_size=4, unique=True)
WORDS = st.text(LETTERS, min_size=1, max_size=12)
GIVEN = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(("tag", "rating", "album", "caption", "favourite", "bad")), WORDS),
    max_size=10,
)


def give(catalog: Catalog, number: int, kind: str, word: str) -> None:
    try:
        if kind == "tag":
            catalog.tags.add([word], [number])
        elif kind == "rating":
            catalog.ratings.rate(1 + len(word) % 5, [number])
        elif kind == "album":
            catalog.albums.add(catalog.albums.find(word) or catalog.albums.create(word), [number])
        elif kind == "caption":
            with catalog.writing() as writer:
                writer.put_caption(number, word, ENCODER.encode_text([word])[0])
        elif kind == "favourite":
            catalog.marks.mark([number], is_favourite=True)
        else:
            catalog.feedback.put(word, bad=[number])
    except QueryError:  # a name of spaces
        return


def held(source: CarriedCatalog | OpenedArchive) -> tuple[list[object], ...]:
    photos = [plain(photo) for photo in source.photos()]
    return sorted(photos, key=repr), sorted(source.albums()), sorted(source.kept())


def plain(photo: CarriedPhoto) -> tuple[object, ...]:
    facts = sorted((name, value) for name, value in photo.facts.items() if value is not None)
    given_here = {kind: sorted(values) for kind, values in photo.given.items()}
    return (photo.folder, photo.path, photo.content_hash, facts, given_here, photo.embedding, photo.features)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(paths=PATHS, things=GIVEN, gone=st.booleans())
def test_a_catalog_is_the_same_in_an_archive_and_out_of_it(
    paths: list[str], things: list[tuple[int, str, str]], gone: bool
) -> None:
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        with closing(Catalog(root / "catalog.sqlite", create=True)) as catalog:
            catalog.remember_model(ModelRecord("gone", "0123456789abcdef", 8))
            numbers = put_photos(catalog, paths)
            for place, kind, word in things:
                give(catalog, numbers[place % len(numbers)], kind, word)
            if gone:
                with catalog.writing() as writer:
                    writer.remove(numbers[0])
            before = held(CarriedCatalog(catalog))
            export_catalog(catalog, root / "a.zip", vectors=True)
            archive = OpenedArchive(root / "a.zip")
            archive.check()
            assert held(archive) == before
            generation = catalog.generation
            assert import_given(catalog, archive, dry_run=True).gained == 0
            assert (catalog.generation, held(CarriedCatalog(catalog))) == (generation, before)
        import_new(archive, root / "new", {"photos": root})
        with closing(Catalog(root / "new" / "catalog.sqlite")) as there:
            after = held(CarriedCatalog(there))
    kept_captions = [one for one in after[2] if one not in before[2]]  # until there is a model that embeds them
    assert without_captions(after) == without_captions(before)
    assert len({*kept_captions}) == len({one for photo in before[0] for one in captions_of(photo)})


def without_captions(state: tuple[list[object], ...]) -> tuple[object, ...]:
    photos = [
        (*photo[:4], {kind: values for kind, values in photo[4].items() if kind != "caption"}, *photo[5:])  # type: ignore[index]
        for photo in state[0]
    ]
    return sorted(photos, key=repr), state[1], [one for one in state[2] if one.kind != "caption"]  # type: ignore[attr-defined]


def captions_of(photo: object) -> list[tuple[object, object]]:
    return [(photo[2], text) for text in photo[4].get("caption", ())]  # type: ignore[index]
