"""Photos inside tars and Parquet files: the same pixels as the file they came from, one clear reason where not."""

import io
import os
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

from twinlens.data import tar_file
from twinlens.data.find import open_dataset
from twinlens.data.images import open_photo, photo_exists, photo_stamp, read_photo_bytes
from twinlens.data.packed import find_packed
from twinlens.errors import DataError, PhotoError


def picture(red: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (6, 4), (red, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    path = tmp_path / "shards" / "000.tar"
    path.parent.mkdir()
    with tarfile.open(path, "w") as archive:
        for number in range(20):
            member = tarfile.TarInfo(f"year/{number}.png")
            member.size = len(picture(number))
            archive.addfile(member, io.BytesIO(picture(number)))
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "train-0.parquet"
    rows = [{"image": {"bytes": picture(number), "path": None}, "caption": "x"} for number in range(20)]
    rows.append({"image": None, "caption": "no photo"})
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=3)
    return path


def test_member_of_a_tar_opens_like_a_file_and_nothing_is_unpacked(shard: Path) -> None:
    before = sorted(shard.parent.rglob("*"))
    for number in range(20):
        path = shard / "year" / f"{number}.png"
        assert read_photo_bytes(path) == picture(number)
        assert open_photo(path).image.getpixel((0, 0)) == (number, 0, 0)
    assert sorted(shard.parent.rglob("*")) == before


def test_row_of_parquet_opens_like_a_file_in_any_order(table: Path) -> None:
    for number in (19, 0, 7, 3, 18, 0, 11):
        assert read_photo_bytes(table / f"{number}.jpg") == picture(number)


@pytest.mark.parametrize("kind", ["shard", "table"])
def test_many_threads_each_get_their_own_photo(kind: str, request: pytest.FixtureRequest) -> None:
    archive: Path = request.getfixturevalue(kind)
    paths = [archive / (f"year/{number}.png" if kind == "shard" else f"{number}.png") for number in range(20)] * 5
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read_photo_bytes, paths)) == [picture(number) for number in range(20)] * 5


def test_ordinary_file_is_not_packed_even_below_a_folder_named_as_an_archive(tmp_path: Path) -> None:
    photo = tmp_path / "old.tar" / "a.png"
    photo.parent.mkdir()
    photo.write_bytes(picture(3))
    assert find_packed(photo) is None
    assert photo_exists(photo)
    assert read_photo_bytes(photo) == picture(3)


def test_stamp_of_a_file_and_of_a_member_is_size_and_date(shard: Path, table: Path, tmp_path: Path) -> None:
    photo = tmp_path / "a.png"
    photo.write_bytes(picture(1))
    assert photo_stamp(photo) == (len(picture(1)), photo.stat().st_mtime_ns)
    assert photo_stamp(shard / "year/3.png") == (len(picture(3)), shard.stat().st_mtime_ns)
    assert photo_stamp(table / "3.jpg") == (table.stat().st_size, table.stat().st_mtime_ns)


def test_tar_that_was_replaced_is_read_anew(shard: Path) -> None:
    before = photo_stamp(shard / "year/3.png")
    with tarfile.open(shard, "w") as archive:
        member = tarfile.TarInfo("year/3.png")
        member.size = len(picture(99)) + 1
        archive.addfile(member, io.BytesIO(picture(99) + b"\0"))
    assert photo_stamp(shard / "year/3.png") != before
    assert open_photo(shard / "year/3.png").image.getpixel((0, 0)) == (99, 0, 0)
    assert not photo_exists(shard / "year/4.png")


def test_parquet_that_was_replaced_is_read_anew(table: Path) -> None:
    assert read_photo_bytes(table / "0.jpg") == picture(0)
    later = table.stat().st_mtime_ns + 10**9
    pyarrow.parquet.write_table(pyarrow.table({"image": [picture(77)]}), table)
    os.utime(table, ns=(later, later))
    assert read_photo_bytes(table / "0.jpg") == picture(77)


def test_a_tar_is_walked_over_once(shard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walks = []
    read_index = tar_file._read_index
    monkeypatch.setattr(tar_file, "_read_index", lambda tar: walks.append(tar) or read_index(tar))
    for number in range(5):
        read_photo_bytes(shard / f"year/{number}.png")
    assert walks == [shard]


@pytest.mark.parametrize("member", ["year/99.png", "99.png", "year"])
def test_photo_that_a_tar_lacks_is_named(shard: Path, member: str) -> None:
    assert not photo_exists(shard / member)
    with pytest.raises(PhotoError, match=f"000.tar has no photo {member}"):
        read_photo_bytes(shard / member)
    with pytest.raises(PhotoError, match="has no photo"):
        photo_stamp(shard / member)


@pytest.mark.parametrize("member", ["20.jpg", "21.jpg", "x.jpg", "-1.jpg", "3/4.jpg"])
def test_row_that_parquet_lacks_or_that_has_no_photo_is_named(table: Path, member: str) -> None:
    with pytest.raises(PhotoError, match=f"has no photo {member}"):
        read_photo_bytes(table / member)


def test_photo_larger_than_allowed_is_not_read(shard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinlens.data.images.MAX_FILE_BYTES", 10)
    with pytest.raises(PhotoError, match="more than"):
        read_photo_bytes(shard / "year/3.png")


def test_tar_that_is_cut_is_refused_by_name(shard: Path) -> None:
    shard.write_bytes(shard.read_bytes()[:5000])
    with pytest.raises(PhotoError, match=r"000\.tar is damaged or not an uncompressed tar"):
        read_photo_bytes(shard / "year/0.png")
    with pytest.raises(DataError, match=r"000\.tar is damaged or not an uncompressed tar"):
        open_dataset(shard.parent)


def test_tar_with_a_damaged_header_is_not_taken_for_a_shorter_one(shard: Path) -> None:
    data = bytearray(shard.read_bytes())
    data[1024 * 3 + 10 : 1024 * 3 + 20] = (
        b"\xff" * 10
    )  # the fourth header: each photo has 512 bytes of it and 512 of data
    shard.write_bytes(bytes(data))
    with pytest.raises(DataError, match="a header after 3 members is damaged"):
        open_dataset(shard.parent)


@pytest.mark.parametrize("name", ["000.tar", "000.parquet"])
def test_file_of_another_kind_is_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"something else entirely " * 100)
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        open_dataset(tmp_path)


@pytest.mark.parametrize("name", ["../a.jpg", "/etc/a.jpg", "x/../../a.jpg"])
def test_member_outside_its_tar_is_refused(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "0.tar", "w") as archive:
        for member_name in (name, str(Path(name).with_suffix(".txt"))):
            member = tarfile.TarInfo(member_name)
            member.size = 3
            archive.addfile(member, io.BytesIO(b"abc"))
    with pytest.raises(DataError, match="not below the folder of photos"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(("ending", "data"), [("json", b"{"), ("txt", b"\xff\xfe\xff")])
def test_unreadable_caption_names_shard_and_member(tmp_path: Path, ending: str, data: bytes) -> None:
    with tarfile.open(tmp_path / "0.tar", "w") as archive:
        for name, content in (("a.jpg", picture(1)), (f"a.{ending}", data)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    with pytest.raises(DataError, match=rf"0\.tar, member a\.{ending} is not readable"):
        open_dataset(tmp_path)


def test_same_name_in_two_shards_is_two_photos(tmp_path: Path) -> None:
    for shard, red in (("0.tar", 10), ("1.tar", 20)):
        with tarfile.open(tmp_path / shard, "w") as archive:
            for name, content in (("a.png", picture(red)), ("a.txt", b"a dog")):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    photos = open_dataset(tmp_path).split("all")
    assert [photo.image_id for photo in photos] == ["a.png", "1.tar/a.png"]
    assert [open_photo(photo.path).image.getpixel((0, 0))[0] for photo in photos] == [10, 20]


def test_rows_whose_inner_path_is_the_same_are_different_photos(tmp_path: Path) -> None:
    rows = [{"image": {"bytes": picture(n), "path": "image.jpg"}, "caption": f"photo {n}"} for n in range(3)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    photos = open_dataset(tmp_path).split("all")
    assert [photo.image_id for photo in photos] == ["image.jpg", "a.parquet/1.jpg", "a.parquet/2.jpg"]
    assert [photo.captions for photo in photos] == [("photo 0",), ("photo 1",), ("photo 2",)]


def test_numbered_columns_of_captions_belong_to_one_photo(tmp_path: Path) -> None:
    rows = [{"image": picture(1), "caption_0": "a dog", "caption_1": "an animal", "n": 3}]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    (photo,) = open_dataset(tmp_path).split("all")
    assert photo.captions == ("a dog", "an animal")
    assert open_photo(photo.path).image.size == (6, 4)


def test_row_without_a_photo_is_left_out(table: Path) -> None:
    assert len(open_dataset(table.parent).split("all")) == 20


def test_parquet_without_the_columns_says_which_it_has(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.table({"url": ["x"], "caption": ["a dog"]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet: expected columns of photos .*got url, caption"):
        open_dataset(tmp_path)


def test_parquet_without_pyarrow_says_how_to_install_it(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(DataError, match=r'pip install "twinlens\[parquet\]"'):
        open_dataset(table.parent)


def test_pyarrow_is_not_imported_for_other_data() -> None:
    # in a fresh interpreter, for this one has imported it
    code = "import sys, twinlens.api, twinlens.data.readers.webdataset; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
