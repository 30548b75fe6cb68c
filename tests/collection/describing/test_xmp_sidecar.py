from pathlib import Path
from xml.etree import ElementTree

import pytest

from twinlens.collection.describing.xmp_sidecar import DC, RDF, write_sidecar
from twinlens.errors import DataError

DARKTABLE = """<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:darktable="http://darktable.sf.net/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"
    darktable:auto_presets_applied="1">
   <dc:subject><rdf:Bag><rdf:li>holiday</rdf:li></rdf:Bag></dc:subject>
   <darktable:history><rdf:Seq><rdf:li darktable:num="0" darktable:operation="exposure"/></rdf:Seq></darktable:history>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""


def subjects(file: Path) -> list[str | None]:
    root = ElementTree.fromstring(file.read_text(encoding="utf-8"))
    return [item.text for item in root.iterfind(f".//{{{DC}}}subject/{{{RDF}}}Bag/{{{RDF}}}li")]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "IMG 1.jpg"
    file.write_bytes(b"a photo")
    return file


def test_a_new_sidecar_holds_the_tags_and_the_photo_stays_as_it_is(photo: Path) -> None:
    file = write_sidecar(photo, ["dog", "<Küche> & Bad", "dog"])
    assert file == photo.with_name("IMG 1.jpg.xmp")
    assert subjects(file) == ["dog", "<Küche> & Bad"]
    assert photo.read_bytes() == b"a photo"
    assert sorted(one.name for one in photo.parent.iterdir()) == ["IMG 1.jpg", "IMG 1.jpg.xmp"]


def test_what_other_programs_have_written_is_kept_and_backed_up(photo: Path) -> None:
    file = photo.with_suffix(".xmp")
    file.write_text(DARKTABLE, encoding="utf-8")
    assert write_sidecar(photo, ["dog", "holiday"]) == file
    assert subjects(file) == ["holiday", "dog"]
    text = file.read_text(encoding="utf-8")
    assert 'xmp:Rating="4"' in text
    assert 'darktable:operation="exposure"' in text
    backup = photo.with_name("IMG 1.xmp.bak")
    assert backup.read_text(encoding="utf-8") == DARKTABLE
    write_sidecar(photo, ["cat"])
    assert subjects(file) == ["holiday", "dog", "cat"]
    assert backup.read_text(encoding="utf-8") == DARKTABLE  # as it was before the first change


def test_a_sidecar_that_has_all_tags_is_not_written(photo: Path) -> None:
    write_sidecar(photo, ["dog"])
    assert write_sidecar(photo, ["dog"]) is None
    assert not photo.with_name("IMG 1.jpg.xmp.bak").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01 no xml",
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><broken>",
        b"<html/>",
        b"<!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;'>]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&c;</x:xmpmeta>",
        b" " * 4_000_001,
    ],
)
def test_a_sidecar_that_cannot_be_added_to_is_left_as_it_is(photo: Path, content: bytes) -> None:
    file = photo.with_suffix(".xmp")
    file.write_bytes(content)
    with pytest.raises(DataError, match="left as it is") as told:
        write_sidecar(photo, ["dog"])
    assert "\n" not in str(told.value)
    assert file.read_bytes() == content
    assert len(list(photo.parent.iterdir())) == 2


def test_a_place_that_cannot_be_written_is_told(photo: Path) -> None:
    photo.with_name("IMG 1.jpg.xmp").mkdir()
    with pytest.raises(DataError, match=r"IMG 1\.jpg\.xmp"):
        write_sidecar(photo, ["dog"])
