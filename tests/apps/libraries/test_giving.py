"""What people give to photos through a library here or behind a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.libraries.test_library import NONE, LineEncoder, ids
from conftest import draw_photo
from rest.served_library import server_of
from twinlens.api.library import Collection, Opened
from twinlens.apps.libraries.library import Library, SearchOptions
from twinlens.apps.libraries.local.local_library import LocalLibrary
from twinlens.apps.libraries.served.rest_client import RestClient
from twinlens.apps.libraries.served.served_library import ServedLibrary
from twinlens.errors import QueryError
from twinlens.rest.settings import Settings

pytestmark = pytest.mark.server


@pytest.fixture(params=["here", "behind a server"])
def changing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    """A library of four photos, for one test."""
    root = tmp_path / "photos"
    for name in ("red", "green", "blue"):
        draw_photo(root / "walls" / f"{name}.png", name)
    draw_photo(root / "grey.png", "white")
    (tmp_path / "captions.csv").write_text("image,caption\nred.png,a red wall\n")
    with Collection.create([root], model=LineEncoder()) as collection:
        collection.index(captions=tmp_path / "captions.csv")
    collection = Collection.open(root, model=LineEncoder())
    if request.param == "here":
        local = LocalLibrary(Opened(collection, None, is_new=False))
        yield local
        local.close()
        return
    with server_of(collection, Settings(port=0)) as (_, url):
        yield ServedLibrary(RestClient(url))


def test_what_is_given_to_photos_is_found_and_taken_away_again(changing: Library) -> None:
    giving, red, green = changing.giving, "walls/red.png", "walls/green.png"
    assert giving.tag([red, green], ["Kitchen"]) == 2
    assert giving.rate([red], 4) == 1
    assert giving.mark([red]) == 1
    assert giving.put("Best", [green, red]) == 2
    giving.save_search("Walls", "tag:kitchen")
    facts = changing.photo(red)
    assert (facts.tags, facts.rating, facts.is_favourite) == (("Kitchen",), 4, True)
    assert (facts.albums, facts.captions, facts.width) == (("Best",), ("a red wall",), 48)
    assert giving.tags() == {"Kitchen": 2}
    cards = [(one.name, one.query, one.num_photos) for one in giving.albums()]
    assert cards == [("Best", "", 2), ("Walls", "tag:kitchen", None)]
    assert ids(giving.album("Best", k=10).shown) == [green, red]
    assert sorted(ids(giving.album("Walls", k=10).shown)) == [green, red]
    for query, expected in (("album:Best", [green, red]), ("rating>=4", [red]), ("favourite:yes", [red])):
        found = changing.by_words(query, SearchOptions(all_copies=True))
        assert sorted(ids(found.shown)) == expected
        assert all(hit.is_favourite == (hit.id == red) for hit in found.hits)
    giving.rename_album("Best", "First")
    assert giving.put("First", [red], is_in=False) == 1
    with pytest.raises(QueryError, match="nowhere"):
        giving.tag(["nowhere.png"], ["x"])
    assert (giving.tag([red, green], ["kitchen"], is_tagged=False), giving.rate([red], 0)) == (2, 1)
    assert giving.mark([red], is_favourite=False) == 1
    for name in ("First", "Walls"):
        giving.delete_album(name)
    assert (giving.albums(), giving.tags(), changing.photo(red).rating) == ([], {}, None)


def test_what_is_said_of_photos_counts_at_once_and_is_forgotten(changing: Library) -> None:
    assert changing.giving.feedback(NONE, good=["grey.png"], bad=["walls/red.png"]) == 2
    found = changing.by_words(NONE, SearchOptions(all_copies=True))
    assert "feedback" in next(hit for hit in found.shown if hit.id == "grey.png").found_by
    assert "walls/red.png" not in ids(found.matching)
    assert changing.giving.forget_feedback(NONE, ["grey.png"]) == 1
    assert changing.giving.forget_feedback(NONE) == 1


def test_apps_with_keys_of_two_people_show_each_their_own_favourites(tmp_path: Path) -> None:
    draw_photo(tmp_path / "photos" / "red.png", "red")
    with Collection.create([tmp_path / "photos"], model=LineEncoder()) as collection:
        collection.index()
    keys = {name: f"a-long-key-of-{name}" for name in ("ana", "ben")}
    may = 'scopes = ["search", "curate"]\nfavourites = "own"'
    file = tmp_path / "keys.toml"
    file.write_text("\n".join(f'[{name}]\nkey = "{key}"\n{may}' for name, key in keys.items()))
    settings = Settings(port=0, keys_file=str(file), state_folder=str(tmp_path / "state"))
    with server_of(Collection.open(tmp_path / "photos", model=LineEncoder()), settings) as (_, url):
        apps = [ServedLibrary(RestClient(url, key=key)) for key in keys.values()]
        assert apps[0].giving.mark(["red.png"]) == 1
        assert [app.photo("red.png").is_favourite for app in apps] == [True, False]
        found = [ids(app.by_words("favourite:yes", SearchOptions()).shown) for app in apps]
        assert found == [["red.png"], []]
