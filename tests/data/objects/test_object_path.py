"""Places in object storage are paths whose text is their URL."""

import pickle
from pathlib import Path

import pytest

from twinlens.data.objects.object_path import ObjectPath, as_path, object_path
from twinlens.errors import CollectionError


def test_a_url_is_a_path_that_stays_a_url() -> None:
    folder = object_path("s3://bucket/2024/")
    assert folder is not None
    photo = folder / "a b" / "sea #1 100%.jpg"
    assert str(photo) == "s3://bucket/2024/a b/sea #1 100%.jpg"
    assert (photo.scheme, photo.place, photo.key) == ("s3", "bucket", "2024/a b/sea #1 100%.jpg")
    assert photo.relative_to(folder).as_posix() == "a b/sea #1 100%.jpg"
    assert photo.parent.parent == folder
    assert photo.is_absolute()
    assert pickle.loads(pickle.dumps(photo)) == photo
    assert str(pickle.loads(pickle.dumps(photo))) == str(photo)


def test_a_url_that_became_a_path_is_understood() -> None:
    """A command line makes paths of its arguments, and a path has no two slashes in a row."""
    written = object_path(Path("s3://bucket/2024"))
    assert isinstance(written, ObjectPath)
    assert str(written) == "s3://bucket/2024"


@pytest.mark.parametrize(
    "text", ["/home/ana/s3", "C:/Pictures", "s3", "http://host/a.jpg", "Pictures/s3:/x", "zip://a"]
)
def test_other_texts_are_no_object_storage(text: str) -> None:
    assert object_path(text) is None
    assert as_path(text) == Path(text)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s3://", "names no bucket"),
        ("gs:///photos", "names no bucket"),
        ("s3://bucket/a//b", "empty part"),
        ("s3://bucket/../b", "'..'"),
        ("sftp://ana:secret@host/photos", "password"),
    ],
)
def test_a_wrong_url_is_told_in_one_line_without_its_password(url: str, told: str) -> None:
    with pytest.raises(CollectionError) as error:
        object_path(url)
    assert told in str(error.value)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_path_that_leads_out_of_its_folder_is_no_object() -> None:
    folder = object_path("memory://bucket/photos")
    assert folder is not None
    with pytest.raises(FileNotFoundError):
        (folder / "../secret.jpg").read_bytes()
