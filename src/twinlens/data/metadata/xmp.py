"""What an XMP packet says, inside a photo or beside it, as Lightroom, digiKam, darktable or Apple Photos write it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from xml.etree.ElementTree import Element

from twinlens.data.dating.moment import Moment, moment, offset_minutes
from twinlens.data.dating.spellings import read_date
from twinlens.data.metadata.said import (
    Said,
    as_path,
    plain_names,
    plain_position,
    plain_rating,
    plain_text,
    whole_keywords,
)
from twinlens.data.metadata.xml_tree import read_tree

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"
XMP = "{http://ns.adobe.com/xap/1.0/}"
EXIF = "{http://ns.adobe.com/exif/1.0/}"
PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
REGION = "{http://www.metadataworkinggroup.com/schemas/regions/}"
ACDSEE = "{http://ns.acdsee.com/iptc/1.0/}"
ACDSEE_REGION = "{http://ns.acdsee.com/regions/}"
MICROSOFT = "{http://ns.microsoft.com/photo/1.0/}"
PEOPLE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}PersonInImage"
MICROSOFT_PERSON = "{http://ns.microsoft.com/photo/1.2/t/Region#}PersonDisplayName"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_LISTS = (f"{RDF}Alt", f"{RDF}Bag", f"{RDF}Seq")

_TITLES = (f"{DC}title", f"{PHOTOSHOP}Headline")
_DESCRIPTIONS = (f"{DC}description", f"{ACDSEE}caption")
_PATHS = {  # of keywords with parts, and what stands between those
    "{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject": "|",
    "{http://www.digikam.org/ns/1.0/}TagsList": "/",
    f"{MICROSOFT}LastKeywordXMP": "/",
}
_KEYWORDS = (f"{DC}subject", f"{ACDSEE}keywords")
_RATINGS = (f"{XMP}Rating", f"{ACDSEE}rating")
_DATES = (f"{EXIF}DateTimeOriginal", f"{PHOTOSHOP}DateCreated", f"{XMP}CreateDate")
_MAY_HAVE_REGIONS = re.compile(rb"[Rr]\0?e\0?g\0?i\0?o\0?n")  # looking for them takes as long as all the rest
LONGEST_DATE = 100
_ZONE = re.compile(r"T.*?(?:(Z)|([+-])(\d\d):?(\d\d))$", re.ASCII)
_DEGREES = re.compile(r"(\d{1,3})(?:\.(\d+))?(?:,(\d{1,2}(?:\.\d+)?))?(?:,(\d{1,2}(?:\.\d+)?))?([NSEW])?", re.ASCII)


def read_xmp(data: bytes) -> Said:
    """What a packet says.

    Raises:
        XmlError: it cannot be read.
    """
    root = read_tree(data.strip(b"\0 \t\r\n"))
    known = _properties(root)
    people, pets = _in_regions(root) if _MAY_HAVE_REGIONS.search(data) else ([], [])
    return Said(
        title=_first_text(known, _TITLES),
        description=_first_text(known, _DESCRIPTIONS),
        keywords=whole_keywords(plain_names([*_keywords(known), *pets])),
        people=plain_names([*known.get(PEOPLE, ()), *people]),
        rating=_rating(known),
        moment=_moment(known),
        position=_position(known),
    )


def _properties(root: Element) -> dict[str, list[str]]:
    """Values by name: a text, or the items of a list; of several languages the default."""
    known: dict[str, list[str]] = {}
    for about in root.iterfind(f".//{RDF}RDF/{RDF}Description"):
        for name, value in about.attrib.items():
            known.setdefault(name, [value])
        for one in about:
            if values := _values(one):
                known.setdefault(one.tag, values)
    return known


def _values(one: Element) -> list[str]:
    for items in one:
        if items.tag in _LISTS:
            found = [item for item in items if item.tag == f"{RDF}li" and item.text]
            if items.tag == _LISTS[0]:  # languages
                found.sort(key=lambda item: item.get(_LANGUAGE) != "x-default")
            return [item.text or "" for item in found]
    return [one.text] if one.text and one.text.strip() else []


def _keywords(known: Mapping[str, list[str]]) -> Iterator[str]:
    for name, separator in _PATHS.items():
        yield from (as_path(keyword, separator) for keyword in known.get(name, ()))
    for name in _KEYWORDS:
        yield from (as_path(keyword, "|") for keyword in known.get(name, ()))


def _in_regions(root: Element) -> tuple[list[str], list[str]]:
    """Names of people and of pets that are marked in the picture."""
    people: list[str] = []
    pets: list[str] = []
    for one in root.iter():
        said = {**one.attrib, **{part.tag: part.text or "" for part in one}}
        people.append(said.get(MICROSOFT_PERSON, ""))
        for space in (REGION, ACDSEE_REGION):
            kind = said.get(f"{space}Type", "Face")
            if kind in ("Face", "Pet"):
                (people if kind == "Face" else pets).append(said.get(f"{space}Name", ""))
    return people, pets


def _first_text(known: Mapping[str, list[str]], names: Iterable[str]) -> str | None:
    texts = (plain_text(known[name][0]) for name in names if known.get(name))
    return next(filter(None, texts), None)


def _rating(known: Mapping[str, list[str]]) -> int | None:
    for name in _RATINGS:
        for value in known.get(name, ()):
            if re.fullmatch(r"-?\d(\.\d{1,9})?", value.strip(), re.ASCII):
                return plain_rating(float(value))
    return None


def _moment(known: Mapping[str, list[str]]) -> Moment | None:
    for value in (known[name][0].strip()[:LONGEST_DATE] for name in _DATES if known.get(name)):
        zone = _ZONE.search(value)
        offset = None
        if zone:
            offset = 0 if zone[1] else offset_minutes(zone[2], int(zone[3]), int(zone[4]))
        if found := moment(read_date(value), "xmp", utc_offset_minutes=offset):
            return found
    return None


def _position(known: Mapping[str, list[str]]) -> tuple[float, float] | None:
    latitude, longitude = (_degrees(known, f"{EXIF}GPS{name}") for name in ("Latitude", "Longitude"))
    return None if latitude is None or longitude is None else plain_position(latitude, longitude)


def _degrees(known: Mapping[str, list[str]], name: str) -> float | None:
    """From ``48,51.4W``, as XMP has it, or ``48.85`` and a W beside it, as Apple does."""
    value = next(iter(known.get(name, ())), "").strip()
    is_negative = value.startswith("-")
    found = _DEGREES.fullmatch(value.removeprefix("-"))
    if not found:
        return None
    side = found[5] or next(iter(known.get(f"{name}Ref", ())), "").strip()[:1].upper()
    degrees = float(f"{found[1]}.{found[2] or 0}") + float(found[3] or 0) / 60 + float(found[4] or 0) / 3600
    return -degrees if is_negative or side in ("S", "W") else degrees
