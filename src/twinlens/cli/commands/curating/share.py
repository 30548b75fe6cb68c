"""``twinlens share``: make links that show photos, a search or an album to others; list and revoke them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias
from urllib.parse import urlsplit

import typer

from twinlens import api
from twinlens.cli.options.common import Existing
from twinlens.cli.options.photos import FromStdin, OfQuery, Photos, check_photos, chosen_photos
from twinlens.cli.outcome import FOUND, NOTHING_FOUND, AsJson, as_exit_code, logged, print_json, say
from twinlens.counted import counted

if TYPE_CHECKING:
    from twinlens.api.library import Collection
    from twinlens.api.photos.sharing import NewShare, Share

USUAL_SERVER = "http://127.0.0.1:5000/"
app = typer.Typer(
    help="Make links that show photos, a search or an album to others, and nothing else; 'twinlens serve' opens them.",
    no_args_is_help=True,
    epilog="Example: twinlens share album Italy --expires 7 --server https://photos.example.org/",
)
Expires: TypeAlias = Annotated[
    str, typer.Option("--expires", metavar="DAYS|never", help="Days until the link expires, or 'never'.")
]
Originals: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--originals",
        help="Allow to download the files, with all that the camera wrote into them, such as the place; "
        "otherwise pictures of a screen's size are shown.",
    ),
]
Heading: TypeAlias = Annotated[
    str | None, typer.Option("--heading", metavar="TEXT", help="Shown above the photos; of an album its name.")
]
ServerAddress: TypeAlias = Annotated[
    str, typer.Option("--server", metavar="URL", help="Address at which others reach 'twinlens serve'.")
]


@app.command("photos", epilog="Example: twinlens share photos ~/Pictures/rome/*.jpg --heading Rome")
@as_exit_code
@logged
def share_photos(
    photos: Photos = None,
    query: OfQuery = None,
    from_stdin: FromStdin = False,
    heading: Heading = None,
    expires: Expires = "30",
    originals: Originals = False,
    server: ServerAddress = USUAL_SERVER,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Share photos: these, whatever is indexed later; all that are named, or none if one is unknown."""
    days, server = _days(expires), _server(server)
    check_photos(photos, query, from_stdin=from_stdin)
    opened = api.library.find_existing(place)
    with opened.collection as collection:
        chosen = chosen_photos(opened, photos, query, from_stdin=from_stdin)
        made = collection.shares.share_photos(chosen, heading=heading or "", days=days, originals=originals)
        return _show_link(collection, made, server, as_json=as_json)


@app.command("search", epilog="Example: twinlens share search 'a dog year:2023' --expires never")
@as_exit_code
@logged
def share_search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words and fields, as the search box takes them.")],
    heading: Heading = None,
    expires: Expires = "30",
    originals: Originals = False,
    server: ServerAddress = USUAL_SERVER,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Share a search: the link shows what it finds when it is opened, also photos that are indexed later."""
    days, server = _days(expires), _server(server)
    opened = api.library.find_existing(place)
    with opened.collection as collection:
        within = str(opened.within) if opened.within else None
        made = collection.shares.share_search(
            query, heading=heading or "", days=days, originals=originals, folder=within
        )
        return _show_link(collection, made, server, as_json=as_json)


@app.command("album", epilog="Example: twinlens share album Italy --originals")
@as_exit_code
@logged
def share_album(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the album; case does not matter.")],
    heading: Heading = None,
    expires: Expires = "30",
    originals: Originals = False,
    server: ServerAddress = USUAL_SERVER,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Share an album: the link shows what is in it when it is opened."""
    days, server = _days(expires), _server(server)
    with api.library.find_existing(place).collection as collection:
        made = collection.shares.share_album(name, heading=heading, days=days, originals=originals)
        return _show_link(collection, made, server, as_json=as_json)


@app.command("list", epilog="Example: twinlens share list --in ~/Pictures")
@as_exit_code
@logged
def list_shares(place: Existing = None, as_json: AsJson = False) -> int:
    """List the links: number, what each shows, when it was made and expires, how often it was opened."""
    with api.library.find_existing(place).collection as collection:
        rows = [_fields(collection, share) for share in collection.shares.all()]
    if as_json:
        print_json({"shares": rows})
    for row in () if as_json else rows:
        heading = f"{row['heading']}: " if row["heading"] else ""
        files = ", with the files" if row["originals"] else ""
        opened = f"opened {counted(row['opened'], 'time')}"
        typer.echo(
            f"{row['number']}\t{heading}{row['shows']}{files}\tmade {_here(row['made_at'])}\t{_end(row)}\t{opened}"
        )
    if not rows:
        say("nothing is shared; share photos: twinlens share photos PHOTO…")
    return FOUND if rows else NOTHING_FOUND


@app.command("revoke", epilog="Example: twinlens share revoke 3")
@as_exit_code
@logged
def revoke(
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", min=1, help="Of the link, as 'twinlens share list' has it.")
    ],
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Take a link back: it shows nothing from now on."""
    with api.library.find_existing(place).collection as collection:
        row = _fields(collection, collection.shares.revoke(number))
    if as_json:
        print_json(row)
    else:
        typer.echo(f"the link to {row['shows']} shows nothing any more")
    return FOUND


def _show_link(collection: "Collection", made: "NewShare", server: str, *, as_json: bool) -> int:
    """Prints the link, which nobody can print again, and the exit code."""
    from twinlens.rest.settings import is_loopback

    row, link = _fields(collection, made.share), f"{server}share#{made.key}"
    if as_json:
        print_json({**row, "link": link})
        return FOUND
    typer.echo(link)
    say(f"shows {row['shows']} to whoever has it; {_end(row)}; take it back: twinlens share revoke {row['number']}")
    say("keep the link: it is not told again, since only a hash of its key is kept")
    if is_loopback(urlsplit(server).hostname or ""):
        say("it works on this machine only; give the address at which others reach the server with --server")
    return FOUND


def _fields(collection: "Collection", share: "Share") -> dict[str, Any]:
    return {
        "number": share.number,
        "heading": share.heading,
        "shows": collection.shares.told(share),
        "originals": share.with_originals,
        "made_at": share.made_at,
        "expires_at": share.expires_at,
        "revoked_at": share.revoked_at,
        "has_ended": collection.shares.has_ended(share),
        "opened": share.opened,
    }


def _end(row: dict[str, Any]) -> str:
    if row["revoked_at"]:
        return f"revoked {_here(row['revoked_at'])}"
    if row["expires_at"] is None:
        return "never expires"
    return f"{'expired' if row['has_ended'] else 'expires'} {_here(row['expires_at'])}"


def _here(moment: str) -> str:
    """A time in UTC as this machine's clock shows it."""
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _days(expires: str) -> int | None:
    if expires.strip().lower() == "never":
        return None
    try:
        return int(expires)
    except ValueError as error:
        raise typer.BadParameter(f"--expires is a number of days, or never; got {expires!r}") from error


def _server(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise typer.BadParameter(f"--server is an address such as https://photos.example.org/; got {address!r}")
    return f"{address.rstrip('/')}/"
