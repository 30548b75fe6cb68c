"""The same changes of a library through Python, the command line, REST and the app, for tests that compare them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from starlette.testclient import TestClient
from typer.testing import CliRunner

from twinlens.api.photos.duplicates import Duplicates
from twinlens.api.searching import words_query
from twinlens.apps.libraries.library import Library
from twinlens.cli.main import app
from twinlens.collection.collection import Collection
from twinlens.errors import TwinlensError

Groups = list[tuple[str, list[tuple[str, str]]]]  # the best of each, and the others with their kinds


class Hand(Protocol):
    """Gives to one library, and teaches it; ids name its photos."""

    def caption(self, photo: str, text: str, instead_of: str | None = None) -> list[str]: ...
    def uncaption(self, photo: str, text: str) -> list[str]: ...
    def tag(self, tag: str, photos: Sequence[str], *, is_tagged: bool = True) -> int: ...
    def rename_tag(self, tag: str, name: str) -> None: ...
    def rate(self, stars: int, photos: Sequence[str]) -> int: ...
    def mark(self, photos: Sequence[str], *, is_favourite: bool = True) -> int: ...
    def put(self, album: str, photos: Sequence[str], *, is_in: bool = True) -> int: ...
    def put_first(self, album: str, photos: Sequence[str]) -> None: ...
    def save(self, album: str, query: str) -> None: ...
    def rename_album(self, album: str, name: str) -> None: ...
    def delete_album(self, album: str) -> None: ...
    def say(self, query: str, *, good: Sequence[str] = (), bad: Sequence[str] = ()) -> int: ...
    def forget(self, query: str, photos: Sequence[str]) -> int: ...
    def teach(self, word: str, photos: Sequence[str], *, bad: Sequence[str] = ()) -> None: ...
    def forget_word(self, word: str) -> bool: ...
    def learn(self) -> str: ...
    def undo(self) -> bool: ...
    def duplicates(self) -> Groups: ...


class PythonHand:
    """``Collection``, as a program uses it."""

    def __init__(self, collection: Collection) -> None:
        self._own = collection

    def caption(self, photo: str, text: str, instead_of: str | None = None) -> list[str]:
        return self._own.captions.add(photo, text, instead_of=instead_of)

    def uncaption(self, photo: str, text: str) -> list[str]:
        return self._own.captions.remove(photo, text)

    def tag(self, tag: str, photos: Sequence[str], *, is_tagged: bool = True) -> int:
        return (self._own.tags.add if is_tagged else self._own.tags.remove)(tag, photos)

    def rename_tag(self, tag: str, name: str) -> None:
        self._own.tags.rename(tag, name)

    def rate(self, stars: int, photos: Sequence[str]) -> int:
        return self._own.ratings.rate(stars, photos)

    def mark(self, photos: Sequence[str], *, is_favourite: bool = True) -> int:
        return self._own.mark_favourites(photos, is_favourite=is_favourite)

    def put(self, album: str, photos: Sequence[str], *, is_in: bool = True) -> int:
        return (self._own.albums.add if is_in else self._own.albums.remove)(album, photos)

    def put_first(self, album: str, photos: Sequence[str]) -> None:
        self._own.albums.put_first(album, photos)

    def save(self, album: str, query: str) -> None:
        self._own.albums.save(album, query)

    def rename_album(self, album: str, name: str) -> None:
        self._own.albums.rename(album, name)

    def delete_album(self, album: str) -> None:
        self._own.albums.delete(album)

    def say(self, query: str, *, good: Sequence[str] = (), bad: Sequence[str] = ()) -> int:
        return self._own.feedback(query, good=good, bad=bad)

    def forget(self, query: str, photos: Sequence[str]) -> int:
        return self._own.teaching.forget_feedback(words_query(query), photos)

    def teach(self, word: str, photos: Sequence[str], *, bad: Sequence[str] = ()) -> None:
        self._own.teaching.teach_word(word, photos, bad=bad)

    def forget_word(self, word: str) -> bool:
        return bool(self._own.teaching.forget_word(word))

    def learn(self) -> str:
        try:
            return self._own.teaching.teach().told()
        except TwinlensError as error:
            return str(error)

    def undo(self) -> bool:
        return self._own.teaching.undo()

    def duplicates(self) -> Groups:
        return _groups(self._own.duplicates())


class CommandHand:
    """``twinlens``, as one types it."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def _run(self, *arguments: object) -> Any:
        line = [*map(str, arguments), "--in", str(self._place), "--json"]
        done = CliRunner().invoke(app, line)
        assert done.exit_code in (0, 3), done.output
        return json.loads(done.stdout)

    def caption(self, photo: str, text: str, instead_of: str | None = None) -> list[str]:
        more = () if instead_of is None else ("--instead-of", instead_of)
        return list(self._run("caption", photo, "--add", text, *more)["captions"])

    def uncaption(self, photo: str, text: str) -> list[str]:
        return list(self._run("caption", photo, "--remove", text)["captions"])

    def tag(self, tag: str, photos: Sequence[str], *, is_tagged: bool = True) -> int:
        return int(self._run("tag", "add" if is_tagged else "remove", tag, *photos)["changed"])

    def rename_tag(self, tag: str, name: str) -> None:
        self._run("tag", "rename", tag, name)

    def rate(self, stars: int, photos: Sequence[str]) -> int:
        return int(self._run("rate", stars, *photos)["changed"])

    def mark(self, photos: Sequence[str], *, is_favourite: bool = True) -> int:
        return int(self._run("favourite", *photos, *(() if is_favourite else ("--remove",)))["changed"])

    def put(self, album: str, photos: Sequence[str], *, is_in: bool = True) -> int:
        return int(self._run("albums", "add" if is_in else "remove", album, *photos)["changed"])

    def put_first(self, album: str, photos: Sequence[str]) -> None:
        self._run("albums", "order", album, *photos)

    def save(self, album: str, query: str) -> None:
        self._run("albums", "save", album, query)

    def rename_album(self, album: str, name: str) -> None:
        self._run("albums", "rename", album, name)

    def delete_album(self, album: str) -> None:
        self._run("albums", "delete", album)

    def say(self, query: str, *, good: Sequence[str] = (), bad: Sequence[str] = ()) -> int:
        return int(self._run("feedback", query, *_flags("--good", good), *_flags("--bad", bad))["changed"])

    def forget(self, query: str, photos: Sequence[str]) -> int:
        return int(self._run("feedback", query, *_flags("--good", photos), "--forget")["changed"])

    def teach(self, word: str, photos: Sequence[str], *, bad: Sequence[str] = ()) -> None:
        self._run("teach", word, *photos, *_flags("--not", bad))

    def forget_word(self, word: str) -> bool:
        return bool(self._run("teach", word, "--undo")["undone"])

    def learn(self) -> str:
        return str(CliRunner().invoke(app, ["teach", "--in", str(self._place)]).stderr)

    def undo(self) -> bool:
        return bool(self._run("teach", "--undo")["undone"])

    def duplicates(self) -> Groups:
        found = self._run("duplicates")["groups"]
        return [(one["best"]["id"], [(other["id"], other["kind"]) for other in one["others"]]) for one in found]


class RestHand:
    """The REST API, as other programs call it."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def _post(self, path: str, **body: Any) -> Any:
        answer = self._client.post(f"/api/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def caption(self, photo: str, text: str, instead_of: str | None = None) -> list[str]:
        return list(self._post("captions", image_id=photo, caption=text, instead_of=instead_of)["captions"])

    def uncaption(self, photo: str, text: str) -> list[str]:
        return list(self._post("captions", image_id=photo, caption=text, is_there=False)["captions"])

    def tag(self, tag: str, photos: Sequence[str], *, is_tagged: bool = True) -> int:
        return int(self._post("tags", image_ids=photos, tags=[tag], is_tagged=is_tagged)["changed"])

    def rename_tag(self, tag: str, name: str) -> None:
        self._post("tags/rename", tag=tag, name=name)

    def rate(self, stars: int, photos: Sequence[str]) -> int:
        return int(self._post("ratings", image_ids=photos, stars=stars)["changed"])

    def mark(self, photos: Sequence[str], *, is_favourite: bool = True) -> int:
        return int(self._post("favourites", image_ids=photos, is_favourite=is_favourite)["changed"])

    def put(self, album: str, photos: Sequence[str], *, is_in: bool = True) -> int:
        return int(self._post("albums", name=album, image_ids=photos, is_in=is_in)["changed"])

    def put_first(self, album: str, photos: Sequence[str]) -> None:
        self._post("albums/order", name=album, image_ids=photos)

    def save(self, album: str, query: str) -> None:
        self._post("albums/saved", name=album, query=query)

    def rename_album(self, album: str, name: str) -> None:
        self._post("albums/rename", name=album, new_name=name)

    def delete_album(self, album: str) -> None:
        assert self._client.delete("/api/albums", params={"name": album}).status_code == 200

    def say(self, query: str, *, good: Sequence[str] = (), bad: Sequence[str] = ()) -> int:
        return int(self._post("feedback", query=query, good=good, bad=bad)["changed"])

    def forget(self, query: str, photos: Sequence[str]) -> int:
        return int(self._post("feedback", query=query, good=photos, forget=True)["changed"])

    def teach(self, word: str, photos: Sequence[str], *, bad: Sequence[str] = ()) -> None:
        self._post("teach", word=word, image_ids=photos, not_image_ids=bad)

    def forget_word(self, word: str) -> bool:
        return bool(self._post("teach", word=word, undo=True)["undone"])

    def learn(self) -> str:
        answer = self._client.post("/api/teach", json={}).json()
        return str(answer["error"]["message"] if "error" in answer else answer["told"])

    def undo(self) -> bool:
        return bool(self._post("teach", undo=True)["undone"])

    def duplicates(self) -> Groups:
        while (found := self._client.get("/api/duplicates").json())["stage"] == "running":
            pass
        return [
            (one["best"]["image_id"], [(other["image_id"], other["kind"]) for other in one["others"]])
            for one in found["groups"]
        ]


class AppHand:
    """A library of the Streamlit app, here or behind a server."""

    def __init__(self, library: Library) -> None:
        self._library, self._giving, self._teaching = library, library.giving, library.teaching

    def caption(self, photo: str, text: str, instead_of: str | None = None) -> list[str]:
        return self._giving.caption(photo, text, instead_of=instead_of)

    def uncaption(self, photo: str, text: str) -> list[str]:
        return self._giving.uncaption(photo, text)

    def tag(self, tag: str, photos: Sequence[str], *, is_tagged: bool = True) -> int:
        return self._giving.tag(photos, [tag], is_tagged=is_tagged)

    def rename_tag(self, tag: str, name: str) -> None:
        self._giving.rename_tag(tag, name)

    def rate(self, stars: int, photos: Sequence[str]) -> int:
        return self._giving.rate(photos, stars)

    def mark(self, photos: Sequence[str], *, is_favourite: bool = True) -> int:
        return self._giving.mark(photos, is_favourite=is_favourite)

    def put(self, album: str, photos: Sequence[str], *, is_in: bool = True) -> int:
        return self._giving.put(album, photos, is_in=is_in)

    def put_first(self, album: str, photos: Sequence[str]) -> None:
        self._giving.put_first(album, photos)

    def save(self, album: str, query: str) -> None:
        self._giving.save_search(album, query)

    def rename_album(self, album: str, name: str) -> None:
        self._giving.rename_album(album, name)

    def delete_album(self, album: str) -> None:
        self._giving.delete_album(album)

    def say(self, query: str, *, good: Sequence[str] = (), bad: Sequence[str] = ()) -> int:
        return self._giving.feedback(query, good=good, bad=bad)

    def forget(self, query: str, photos: Sequence[str]) -> int:
        return self._giving.forget_feedback(query, photos)

    def teach(self, word: str, photos: Sequence[str], *, bad: Sequence[str] = ()) -> None:
        self._teaching.teach_word(word, photos, bad=bad)

    def forget_word(self, word: str) -> bool:
        return self._teaching.forget_word(word)

    def learn(self) -> str:
        try:
            return self._teaching.learn().told
        except TwinlensError as error:
            return str(error)

    def undo(self) -> bool:
        return self._teaching.undo()

    def duplicates(self) -> Groups:
        found = self._library.duplicates.page(k=100)
        return _groups(Duplicates(found.groups, ()))


def _groups(found: Duplicates) -> Groups:
    return [(one.best.id, [(other.photo.id, other.kind) for other in one.others]) for one in found.groups]


def _flags(name: str, photos: Sequence[str]) -> list[str]:
    return [part for photo in photos for part in (name, photo)]
