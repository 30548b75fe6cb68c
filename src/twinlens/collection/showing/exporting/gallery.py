"""Photos as one HTML file, with small pictures in it: to give away, or to keep beside a report."""

import base64
import html
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

STYLE = (
    ":root{color-scheme:light dark}body{font:15px/1.4 system-ui,sans-serif;margin:2rem auto;max-width:1200px;"
    "padding:0 1rem}main{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:16px}"
    "figure{margin:0}img{width:100%;height:220px;object-fit:cover;border-radius:8px;background:#8884}"
    "figcaption{overflow-wrap:anywhere;font-size:13px}small{opacity:.7}"
)


class GalleryPhoto(NamedTuple):
    """A photo of a gallery.

    Attributes:
        name: of its file.
        jpeg: a small picture of it.
        caption: what is written about it.
        taken_at: the camera's local time.
    """

    name: str
    jpeg: bytes
    caption: str | None = None
    taken_at: str | None = None


def gallery_page(heading: str, photos: Iterable[GalleryPhoto], *, left_out: Sequence[str] = ()) -> Iterator[str]:
    """Yields the file in pieces, so that no more than one picture is in memory.

    Args:
        heading: of the page.
        photos: that it shows.
        left_out: what is told of those that it does not, one line each; looked at when all ``photos`` have come.

    >>> "".join(gallery_page("Rome & Paris", [GalleryPhoto("a.jpg", b"x", "<sea>")])).count("&lt;sea&gt;")
    2
    """
    title = html.escape(heading)
    yield (
        '<!doctype html>\n<html>\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n<main>\n"
    )
    for photo in photos:
        yield _figure(photo)
    yield "</main>\n"
    if left_out:
        lines = "\n".join(f"<li>{html.escape(line)}</li>" for line in left_out)
        yield f"<footer><p>Left out:</p>\n<ul>\n{lines}\n</ul></footer>\n"
    yield "</body>\n</html>\n"


def _figure(photo: GalleryPhoto) -> str:
    said = html.escape(photo.caption or photo.name)
    day = f"<br><small>{html.escape(photo.taken_at[:10])}</small>" if photo.taken_at else ""
    source = "data:image/jpeg;base64," + base64.b64encode(photo.jpeg).decode("ascii")
    return f'<figure><img src="{source}" alt="{said}"><figcaption dir="auto">{said}{day}</figcaption></figure>\n'
