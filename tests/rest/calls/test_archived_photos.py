"""Photos inside archives over REST."""

import zipfile
from pathlib import Path

from conftest import draw_photo
from rest.served_library import client_of
from twinlens.collection.collection import Collection


def test_photo_inside_an_archive_is_sent_whole(tmp_path: Path) -> None:
    content = draw_photo(tmp_path / "red.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "trip.zip", "w") as archive:
        archive.writestr("a/rot é.png", content)
    (tmp_path / "red.png").unlink()
    with Collection.open(tmp_path) as photos:
        photos.index(archives=True)
    with client_of(tmp_path) as client:
        answer = client.get("/api/image/trip.zip/a/rot é.png", params={"download": True})
        assert (answer.content, answer.headers["content-type"]) == (content, "image/png")
        assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''rot%20%C3%A9.png"
        assert client.get("/api/image/trip.zip/a/rot é.png/thumbnail").status_code == 200
