"""Write tags to an XMP sidecar: a small file beside a photo that other programs read; the photo stays as it is."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from twinlens.errors import DataError
from twinlens.whole_file import whole_file

DC, RDF, X = (
    "http://purl.org/dc/elements/1.1/",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "adobe:ns:meta/",
)
LARGEST_BYTES = 4_000_000  # with the edit history of years; larger ones are not from photo programs
_EMPTY = f'<x:xmpmeta xmlns:x="{X}"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>'
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_END = '\n<?xpacket end="w"?>\n'


def write_sidecar(photo: Path, tags: Sequence[str]) -> Path | None:
    """Adds tags to the sidecar of a photo; the file, or None if it has all of them.

    What is in a sidecar is kept; before its first change it is copied to a file with ``.bak`` behind its name.
    An existing ``IMG.xmp`` or ``IMG.jpg.xmp`` is used, else ``IMG.jpg.xmp`` is written.

    Raises:
        DataError: the sidecar cannot be read or written, or is no XMP that can be added to.
    """
    file = sidecar_of(photo)
    try:
        return _write(file, tags)
    except OSError as error:
        raise DataError(f"{file} cannot be written: {error.strerror or error}") from error


def sidecar_of(photo: Path) -> Path:
    """The photo's sidecar: the one that is there, or the one to write."""
    with_suffix, without = photo.with_name(f"{photo.name}.xmp"), photo.with_suffix(".xmp")
    return without if without.exists() and not with_suffix.exists() else with_suffix


def _write(file: Path, tags: Sequence[str]) -> Path | None:
    is_there = file.exists()
    root = _parse(file) if is_there else ElementTree.fromstring(_EMPTY)
    bag = _subjects(root, file)
    known = {item.text for item in bag}
    new = [tag for tag in dict.fromkeys(tags) if tag not in known]
    if not new:
        return None
    for tag in new:
        ElementTree.SubElement(bag, f"{{{RDF}}}li").text = tag
    ElementTree.indent(root)
    backup = file.with_name(f"{file.name}.bak")
    if is_there and not backup.exists():
        shutil.copy2(file, backup)
    with whole_file(file) as place:
        text = ElementTree.tostring(root, encoding="unicode")
        place.write_text(f"{_BEGIN}{text}{_END}", encoding="utf-8")
    return file


def _parse(file: Path) -> ElementTree.Element:
    if file.stat().st_size > LARGEST_BYTES:
        raise DataError(f"{file} has more than {LARGEST_BYTES / 1e6:g} MB, so it was left as it is")
    data = file.read_bytes()
    try:
        for prefix, uri in _namespaces(data):
            ElementTree.register_namespace(prefix, uri)
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, expat.ExpatError, ValueError, LookupError) as error:
        raise DataError(f"{file} is no XMP that can be added to ({error}), so it was left as it is") from error


def _namespaces(data: bytes) -> list[tuple[str, str]]:
    """The prefixes of a file, so that they stay the same; a document type, which may expand without end, is refused."""
    found: dict[str, str] = {}
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartNamespaceDeclHandler = lambda prefix, uri: found.setdefault(prefix or "", uri)

    def refuse(*_: object) -> None:
        raise ValueError("it has a document type")

    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(data, True)
    return [(prefix, uri) for prefix, uri in found.items() if prefix and not prefix.startswith("ns")]


def _subjects(root: ElementTree.Element, file: Path) -> ElementTree.Element:
    """The list of keywords, made if it is missing."""
    rdf = root if root.tag == f"{{{RDF}}}RDF" else root.find(f"{{{RDF}}}RDF")
    if rdf is None:
        raise DataError(f"{file} is no XMP that can be added to (no rdf:RDF in it), so it was left as it is")
    subject = next(rdf.iterfind(f"{{{RDF}}}Description/{{{DC}}}subject"), None)
    if subject is None:
        description = rdf.find(f"{{{RDF}}}Description")
        if description is None:
            description = ElementTree.SubElement(rdf, f"{{{RDF}}}Description", {f"{{{RDF}}}about": ""})
        subject = ElementTree.SubElement(description, f"{{{DC}}}subject")
    bag = next((one for one in subject if one.tag in (f"{{{RDF}}}Bag", f"{{{RDF}}}Seq")), None)
    return ElementTree.SubElement(subject, f"{{{RDF}}}Bag") if bag is None else bag


for _prefix, _uri in (("dc", DC), ("rdf", RDF), ("x", X)):
    ElementTree.register_namespace(_prefix, _uri)
