"""The texts that the page shows, read from its files: the keys that each file of texts must have."""

import json
import re
from html.parser import HTMLParser

from twinlens.api.filters import known_filters
from twinlens.collection.showing.examples import SUBJECTS
from twinlens.rest.page import STATIC

SPOKEN = ("aria-label", "title", "placeholder")
INLINE = frozenset({"a", "b", "em", "kbd", "strong"})  # as in texts.js
VOID = frozenset({"br", "img", "input", "link", "meta"})
SILENT = frozenset({"kbd", "noscript", "script", "svg"})
_CALL = re.compile(r"""(?<![\w.])t\(\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"][^\n]*))""")


def used_texts() -> set[str]:
    """All English texts of the modules, of the HTML files, and of what the server always says alike."""
    return script_texts() | page_texts() | server_texts()


def script_texts() -> set[str]:
    """The first arguments of ``t`` in all modules."""
    found = set()
    for file in (STATIC / "js").rglob("*.js"):
        if file.name == "texts.js":
            continue
        for text, other in _CALL.findall(file.read_text(encoding="utf-8")):
            assert not other, f"{file.name}: t({other}: its first argument is written out, so that a test can read it"
            found.add(json.loads(f'"{text}"'))
    return found | set(re.findall(r'(?<![\w.])t\("([^"]+)"\)', (STATIC / "js/texts.js").read_text(encoding="utf-8")))


def page_texts() -> set[str]:
    """What the HTML files say, as the page itself looks it up."""
    found = set()
    for file in STATIC.glob("*.html"):
        reader = _Reader()
        reader.feed(file.read_text(encoding="utf-8"))
        found |= reader.found
    return found


def server_texts() -> set[str]:
    """Names of filters and values, help where the page shows it, and example queries."""
    filters = known_filters().values()
    shown = [one for one in filters if one.has_input]
    return (
        {one.label for one in filters}
        | {one.help for one in shown}
        | {c for f in shown for c in f.choices}
        | {*SUBJECTS}
    )


class _Element:
    def __init__(self, tag: str, start: str, attributes: dict[str, str | None]) -> None:
        self.tag, self.start, self.attributes = tag, start, attributes
        self.parts: list[str | _Element] = []

    def inner(self) -> str:
        return "".join(
            one if isinstance(one, str) else f"{one.start}{one.inner()}{'' if one.tag in VOID else f'</{one.tag}>'}"
            for one in self.parts
        )


class _Reader(HTMLParser):
    """Collects texts: of an attribute, of an element with marked words in it, or between elements."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: set[str] = set()
        self._open = [_Element("", "", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = _Element(tag, self.get_starttag_text() or "", dict(attrs))
        self._open[-1].parts.append(made)
        if tag in VOID:
            self._look(made)
        else:
            self._open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].parts.append(_Element(tag, "", dict(attrs)))

    def handle_data(self, data: str) -> None:
        self._open[-1].parts.append(data)

    def handle_endtag(self, tag: str) -> None:
        closed = self._open.pop()
        assert closed.tag == tag, f"{tag} closes {closed.tag}"
        if tag == "html":
            self._look(closed)

    def _look(self, element: _Element) -> None:
        if element.tag in SILENT or element.attributes.get("translate") == "no":
            return
        self.found |= {text for name in SPOKEN if (text := element.attributes.get(name))}
        texts = [one.strip() for one in element.parts if isinstance(one, str) and one.strip()]
        children = [one for one in element.parts if isinstance(one, _Element)]
        if texts and children and all(one.tag in INLINE for one in children):
            self.found.add(element.inner().strip())
            return
        self.found |= set(texts)
        for child in children:
            self._look(child)
