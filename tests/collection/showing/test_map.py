"""The map of a library: true to its widest axes, drawn anew when photos change."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from conftest import COLOURS, PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.collection.showing import map as map_of_library
from twinlens.collection.showing.map import Projection, Projector, flat_places
from twinlens.collection.showing.maps.groups import MapGroup
from twinlens.collection.showing.maps.kept_layout import LayoutFile
from twinlens.types import Ids

OpenCollection = Callable[..., Collection]


def test_places_are_those_of_the_singular_vectors() -> None:
    vectors = np.random.default_rng(0).normal(size=(90, 32)).astype(np.float32) * np.arange(32, 0, -1, dtype=np.float32)
    centred = vectors - vectors.mean(axis=0)
    axes = np.linalg.svd(centred.astype(np.float64), full_matrices=False)[2][:2]
    wanted = centred @ axes.T
    wanted = (wanted - wanted.min(axis=0)) / (wanted.max(axis=0) - wanted.min(axis=0))
    made = flat_places(vectors)
    for axis in (0, 1):  # an axis may point either way
        assert (
            min(np.abs(made[:, axis] - wanted[:, axis]).max(), np.abs(1 - made[:, axis] - wanted[:, axis]).max()) < 1e-4
        )


def test_the_same_vectors_in_another_order_lie_at_the_same_places() -> None:
    vectors = np.random.default_rng(1).normal(size=(40, 16)).astype(np.float32)
    order = np.random.default_rng(2).permutation(40)
    assert flat_places(vectors[order]) == pytest.approx(flat_places(vectors)[order], abs=1e-4)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_vectors_have_a_place_each(count: int) -> None:
    places = flat_places(np.eye(4, dtype=np.float32)[:count])
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()


def test_a_map_has_every_photo_and_follows_the_library(make_photo: PhotoMaker, open_collection: OpenCollection) -> None:
    for colour in COLOURS:
        make_photo(f"{colour}/one.png", colour, size=(48, 36))
    collection = open_collection()
    collection.index()
    first = collection.map()
    assert first is collection.map()
    assert sorted(first.ids) == sorted(f"{colour}/one.png" for colour in COLOURS)
    assert set(first.sides) == {(48, 36)}
    make_photo("red/two.png", "red", seed=1)
    collection.index()
    second = collection.map()
    places = dict(zip(second.ids, second.places, strict=True))
    assert len(places) == 7
    assert np.linalg.norm(places["red/one.png"] - places["red/two.png"]) < 0.1


def test_of_a_large_library_every_nth_photo_is_drawn(make_photo: PhotoMaker, open_collection: OpenCollection) -> None:
    for number in range(7):
        make_photo(f"{number}.png", "red", seed=number)
    collection = open_collection()
    collection.index()
    drawn = Projector(collection.catalog, PhotoFolders(collection.path, collection.catalog), most=3).projection()
    assert drawn.ids == ["0.png", "3.png", "6.png"]
    assert drawn.num_photos == 7


def test_a_better_map_is_computed_meanwhile_and_its_groups_get_names(
    make_photo: PhotoMaker, open_collection: OpenCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_of_library, "LEAST_PHOTOS", 20)
    for number in range(24):
        make_photo(f"{number}.png", list(COLOURS)[number % 2], seed=number)
    collection = open_collection()
    collection.index()

    def names(groups: Sequence[Ids], _: Callable[[], bool]) -> list[tuple[str, int] | None]:
        return [(f"{len(group)} photos", int(group[-1])) for group in groups]

    folders = PhotoFolders(collection.path, collection.catalog)
    projector = Projector(collection.catalog, folders, name_groups=names)
    first = projector.projection()
    assert (first.is_final, first.groups) == (False, ())
    projector.close()  # waits for it, or ends it
    assert projector.projection().is_final
    patient = Projector(collection.catalog, folders, name_groups=names)
    patient.projection()
    assert patient._computing is not None
    patient._computing.join()
    last = patient.projection()
    assert last.is_final
    assert last.ids == first.ids
    assert not np.array_equal(last.places, first.places)
    assert [group.label for group in last.groups] == [f"{len(group.rows)} photos" for group in last.groups]
    patient.close()


def test_a_finished_map_is_there_at_once_after_a_restart_until_what_photos_look_like_changes(
    make_photo: PhotoMaker, open_collection: OpenCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_of_library, "LEAST_PHOTOS", 20)
    for number in range(24):
        make_photo(f"{number}.png", list(COLOURS)[number % 2], seed=number)
    collection = open_collection()
    collection.index()
    folders, file = PhotoFolders(collection.path, collection.catalog), collection.path / "map.bin"
    named = 0

    def names(groups: Sequence[Ids], _: Callable[[], bool]) -> list[tuple[str, int] | None]:
        nonlocal named
        named += 1
        return [("dog", int(group[-1])) for group in groups]

    def restarted() -> tuple[Projection, Projection]:
        """What a new process shows first, and last."""
        kept = LayoutFile(collection.path, owner=collection.catalog.identity, writable=True)
        projector = Projector(collection.catalog, folders, name_groups=names, file=kept)
        first = projector.projection()
        if projector._computing is not None:
            projector._computing.join()
        return first, projector.projection()

    first, made = restarted()
    assert (first.is_final, made.is_final, named) == (False, True, 1)
    again, _ = restarted()
    assert (again.is_final, again.space) == (True, made.space)
    assert np.array_equal(again.places, made.places)
    assert [(one.label, one.rows.tolist()) for one in again.groups] == [
        ("dog", one.rows.tolist()) for one in made.groups
    ]
    photos = collection.folders()[0].path
    (photos / "0.png").rename(photos / "renamed.png")
    collection.index()
    renamed, _ = restarted()
    assert renamed.is_final
    assert "renamed.png" in renamed.ids
    assert np.array_equal(renamed.places, made.places)
    make_photo("5.png", "green", seed=99)
    collection.index()
    changed, made = restarted()
    assert (changed.is_final, made.is_final, named) == (False, True, 2)
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    damaged, made_again = restarted()
    assert (damaged.is_final, named) == (False, 3)
    assert np.allclose(made_again.places, made.places, atol=1e-3)  # computed again, perhaps in another order


def test_a_map_with_a_filter_has_its_photos_where_they_are_among_all(
    make_photo: PhotoMaker, open_collection: OpenCollection
) -> None:
    for number in range(8):
        make_photo(f"{'a' if number < 3 else 'b'}/{number}.png", "red", seed=number)
    collection = open_collection()
    collection.index()
    whole, part = collection.map(), collection.map(folder="a")
    assert part.ids == [one for one in whole.ids if one.startswith("a/")]
    assert part.num_photos == 3
    places = dict(zip(whole.ids, whole.places.tolist(), strict=True))
    assert part.places.tolist() == [places[one] for one in part.ids]
    numbers, rows = whole.numbers, np.arange(8)
    grouped = replace(whole, groups=(MapGroup(rows[5:], 0, 0, "b"), MapGroup(rows[1:5], 0.9, 0.9, "a")))
    (left,) = grouped.only(numbers[:7]).groups
    assert (left.label, left.rows.tolist()) == ("a", [1, 2, 3, 4])
    assert [left.x, left.y] == pytest.approx(whole.places[1:5].mean(axis=0).tolist())


def test_the_photo_that_shows_the_name_of_a_group_best_stands_first() -> None:
    named = MapGroup(np.array([4, 2, 0]), 0.5, 0.5).called("dog", 2)
    assert (named.label, named.rows.tolist()) == ("dog", [2, 4, 0])
