"""Read XML from strangers: no document types, so no entities that grow without end and no files from elsewhere."""

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

MOST_BYTES = 8_000_000  # sidecars with all steps of an edit have 1 MB
MOST_DEPTH = 100


class XmlError(Exception):
    """It is no XML, or none that is read."""


def read_tree(data: bytes) -> Element:
    """The root element; names are written as ``{namespace}name``.

    Raises:
        XmlError: it is too large, too deep, no XML, or has a document type.
    """
    if len(data) > MOST_BYTES:
        raise XmlError(f"{len(data) / 1e6:,.0f} MB of XML, more than {MOST_BYTES / 1e6:.0f}")
    builder, parser = TreeBuilder(), expat.ParserCreate(namespace_separator="}")
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MOST_DEPTH:
            raise XmlError(f"XML with more than {MOST_DEPTH} elements inside each other")
        builder.start(_full(name), {_full(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_full(name))

    def refuse(*_: object) -> None:
        raise XmlError("XML with a document type, which could grow without end")

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
        return builder.close()
    except (expat.ExpatError, ValueError, LookupError, AssertionError) as error:  # ValueError: encodings, too
        raise XmlError(f"damaged XML: {error}") from error


def _full(name: str) -> str:
    return "{" + name if "}" in name else name
