"""Uploads: malformed forms are the caller's fault, pictures stay in memory, fields are read as in JSON."""

import asyncio
import io
from pathlib import Path

import pytest
from fastapi.exceptions import RequestValidationError
from PIL import Image
from starlette.requests import Request
from starlette.testclient import TestClient

from rest.served_library import client_of
from twinlens.rest.calls.finding.forms import Upload, caption_search, image_search, read_upload
from twinlens.rest.failures import RequestFailure


def read(fields: list[tuple[str, str]], pictures: list[bytes], *, picture_name: str = "file") -> Upload:
    """A form written by hand, read by the server's parser."""
    parts = [b'name="%s"\r\n\r\n%s' % (name.encode(), value.encode()) for name, value in fields]
    parts += [b'name="%s"; filename="x"\r\n\r\n%s' % (picture_name.encode(), picture) for picture in pictures]
    body = b"".join(b"--x\r\nContent-Disposition: form-data; %s\r\n" % part for part in parts) + b"--x--\r\n"

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "headers": [(b"content-type", b"multipart/form-data; boundary=x")]}
    return asyncio.run(read_upload(Request(scope, receive)))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"--x\r\n", "multipart/form-data"),
        (b"--x\r\n", "multipart/form-data; boundary="),
        (b"no boundary here", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nv',
            "multipart/form-data; boundary=x",
        ),
        (b"--x\r\n" + b"A: b\r\n" * 5000 + b"\r\n--x--", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="top_k"\r\n\r\nNaN\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="top_k"\r\n\r\n' + b"[" * 20_000 + b"\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
        ),
        (b"[" * 100_000, "application/json"),
        (b"\xff\xfe", "application/json"),
        (b'{"image_id": "\\ud800"}', "application/json"),
        (b'{"image_id": 1e999}', "application/json"),
        (b"image_id=black.png", "application/x-www-form-urlencoded"),
        (b"<x/>", "text/xml"),
        (b"", "application/json"),
    ],
)
@pytest.mark.parametrize("call", ["image", "captions"])
def test_a_malformed_body_is_the_callers_fault(client: TestClient, content: bytes, kind: str, call: str) -> None:
    answer = client.post(f"/api/search/{call}", content=content, headers={"Content-Type": kind})
    assert answer.status_code in (415, 422), answer.text
    assert set(answer.json()["error"]) == {"code", "message", "hint"}


def test_too_many_files_are_refused(client: TestClient) -> None:
    files = [("file", ("x.png", b"x"))] * 50
    assert client.post("/api/search/image", files=files).status_code == 422


def test_uploads_are_never_written_anywhere(indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))  # any file made there would fail
    buffer = io.BytesIO()
    Image.effect_noise((1500, 1500), 80).convert("RGB").save(buffer, "PNG")
    assert len(buffer.getvalue()) > 2_000_000
    with client_of(indexed) as client:
        assert client.post("/api/search/image", files={"file": ("x.png", buffer.getvalue())}).status_code == 200


def test_a_form_is_read_with_numbers_and_flags_as_in_json_and_texts_as_they_are() -> None:
    fields = [
        ("top_k", "3"),
        ("query", "5"),
        ("folder", "true"),
        ("favourites", "true"),
        ("include_self", "true"),
        ("min_probability", "0.5"),
    ]
    body, uploads = image_search(read(fields, [b"one"]))
    assert (body.top_k, body.query, body.folder, body.favourites) == (3, "5", "true", True)
    assert (body.include_self, body.min_probability, uploads[0].weight) == (True, 0.5, 1.0)


def test_weights_belong_to_pictures_in_their_order_and_what_is_missing_counts_one() -> None:
    fields = [("weight", "0.5"), ("weight", "-1"), ("image_id", "a.jpg"), ("image_id", "b.jpg"), ("image_weight", "2")]
    upload = read(fields, [b"one", b"two", b"three"])
    assert upload.pictures == [b"one", b"two", b"three"]
    body, uploads = image_search(upload)
    assert [one.weight for one in uploads] == [0.5, -1.0, 1.0]
    assert [(image.image_id, image.weight) for image in body.images] == [("a.jpg", 2.0), ("b.jpg", 1.0)]


def test_more_weights_than_pictures_are_refused() -> None:
    with pytest.raises(RequestFailure, match="2 weights for 1 pictures"):
        image_search(read([("weight", "1"), ("weight", "1")], [b"one"]))


@pytest.mark.parametrize(
    ("name", "value"), [("top_k", "three"), ("top_k", "0"), ("weight", "heavy"), ("favourites", "yes"), ("other", "1")]
)
def test_a_field_that_is_none_is_refused_as_in_json(name: str, value: str) -> None:
    with pytest.raises(RequestValidationError) as refused:
        image_search(read([(name, value)], [b"one"]))
    assert refused.value.errors()[0]["loc"][0] == "body"


def test_captions_are_asked_for_with_an_upload_or_an_id() -> None:
    fields, ids = caption_search(read([("image_id", "a.jpg"), ("top_k", "2")], []))
    assert (fields.top_k, ids) == (2, ["a.jpg"])
    fields, ids = caption_search(read([("camera", "12")], [b"one"]))
    assert (fields.camera, ids) == ("12", [])


def test_a_picture_under_another_name_is_refused() -> None:
    with pytest.raises(RequestFailure, match="'file'"):
        read([], [b"one"], picture_name="photo")
