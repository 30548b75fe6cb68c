"""What people give to photos and teach a library is the same, whichever interface they use."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from e2e.hands import AppHand, CommandHand, Hand, PythonHand, RestHand
from rest.served_library import client_of, draw, server_of
from twinlens.api.library import find_existing
from twinlens.apps.libraries.local.local_library import LocalLibrary
from twinlens.apps.libraries.served.rest_client import RestClient
from twinlens.apps.libraries.served.served_library import ServedLibrary
from twinlens.collection.collection import Collection
from twinlens.rest.settings import Settings

pytestmark = pytest.mark.server
INTERFACES = ("python", "command", "rest", "app", "app of a server")
RED, GREEN, BLUE, WHITE, COPY = "red.png", "green.png", "blue.png", "white.png", "copies/red.png"
A_DATE = 1_588_680_000
COLOURS = {RED: (200, 30, 30), GREEN: (30, 180, 40), BLUE: (30, 40, 200), WHITE: (240, 240, 240)}


@pytest.fixture(scope="module")
def indexed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four photos and a copy, one with a caption."""
    root = tmp_path_factory.mktemp("hands") / "photos"
    for number, (name, colour) in enumerate(COLOURS.items()):
        draw(root / name, colour, seed=number)
    (root / COPY).parent.mkdir()
    shutil.copyfile(root / RED, root / COPY)
    os.utime(root / COPY, (A_DATE, A_DATE + 60))
    os.utime(root / RED, (A_DATE, A_DATE))  # the oldest file is the best of a group
    captions = root.parent / "captions.csv"
    captions.write_text("image,caption\nblue.png,a blue wall\n", encoding="utf-8")
    with Collection.open(root) as collection:
        collection.index(captions=captions)
    return root


@pytest.fixture(params=INTERFACES)
def given(request: pytest.FixtureRequest, indexed_once: Path, tmp_path: Path) -> Iterator[tuple[Hand, Path]]:
    """An interface to a library of its own."""
    place = Path(shutil.copytree(indexed_once, tmp_path / "photos"))
    with ExitStack() as stack:
        hand: Hand
        match request.param:
            case "python":
                hand = PythonHand(stack.enter_context(Collection.open(place)))
            case "command":
                request.getfixturevalue("monkeypatch").chdir(place)  # photos are named from there
                hand = CommandHand(place)
            case "rest":
                hand = RestHand(stack.enter_context(client_of(place)))
            case "app":
                library = LocalLibrary(find_existing(place))
                stack.callback(library.close)
                hand = AppHand(library)
            case _:
                _, url = stack.enter_context(server_of(place, Settings(port=0)))
                hand = AppHand(ServedLibrary(RestClient(url)))
        yield hand, place


def known(place: Path) -> dict[str, Any]:
    """All that a library has been given and taught, and what a taught word finds."""
    with Collection.open(place) as collection:
        cards = {name: collection.photo(name) for name in [*COLOURS, COPY]}
        albums = {one.name: one.query or collection.albums.ids(one.name) for one in collection.albums.all()}
        return {
            "photos": {
                name: (card.tags, card.albums, card.rating, card.is_favourite, collection.captions.of(name))
                for name, card in cards.items()
                if card is not None
            },
            "tags": dict(collection.tags.all()),
            "albums": albums,
            "said": [(one.kind, one.subject, sorted(one.good), sorted(one.bad)) for one in collection.teaching.said()],
            "by feedback": [hit.id for hit in collection.search("zork") if "feedback" in hit.found_by],
        }


def test_what_is_given_and_taught_is_the_same(given: tuple[Hand, Path]) -> None:
    hand, place = given
    assert hand.caption(RED, "a door") == ["a door"]
    assert hand.caption(RED, "a red door", instead_of="a door") == ["a red door"]
    assert hand.caption(BLUE, "the sky") == ["a blue wall", "the sky"]
    assert hand.uncaption(BLUE, "a blue wall") == ["the sky"]
    assert hand.tag("Kitchen", [RED, GREEN]) == 2
    assert hand.tag("kitchen", [GREEN], is_tagged=False) == 1
    hand.rename_tag("kitchen", "Old kitchen")
    assert (hand.rate(4, [RED, BLUE]), hand.rate(0, [BLUE])) == (2, 1)
    assert (hand.mark([RED, GREEN]), hand.mark([GREEN], is_favourite=False)) == (2, 1)
    assert (hand.put("Best", [RED, GREEN, BLUE]), hand.put("Best", [RED], is_in=False)) == (3, 1)
    hand.put_first("Best", [BLUE])
    hand.save("Walls", "rating>=4")
    hand.rename_album("Walls", "Good walls")
    hand.save("Gone", "tag:gone")
    hand.delete_album("Gone")
    assert hand.say("zork", good=[WHITE, GREEN], bad=[RED]) == 3
    assert hand.forget("zork", [GREEN]) == 1
    hand.teach("Rex", [BLUE, GREEN], bad=[WHITE])
    hand.teach("cabin", [RED, WHITE])
    assert (hand.forget_word("cabin"), hand.forget_word("cabin")) == (True, False)
    assert "a lesson needs 40 photos" in hand.learn()
    assert hand.undo() is False
    assert hand.duplicates() == [(RED, [(COPY, "exact")])]
    assert known(place) == {
        "photos": {
            RED: (("Old kitchen",), (), 4, True, ["a red door"]),
            GREEN: ((), ("Best",), None, False, []),
            BLUE: ((), ("Best",), None, False, ["the sky"]),
            WHITE: ((), (), None, False, []),
            COPY: ((), (), None, False, []),
        },
        "tags": {"Old kitchen": 1},
        "albums": {"Best": [BLUE, GREEN], "Good walls": "rating>=4"},
        "said": [("query", "zork", [WHITE], [RED]), ("word", "rex", [BLUE, GREEN], [WHITE])],
        "by feedback": [WHITE],
    }
