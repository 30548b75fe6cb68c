"""Options of ``twinlens serve``: who may connect, how much one request may cost, what is logged."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Names: TypeAlias = list[str] | None

Libraries: TypeAlias = Annotated[
    Names,
    typer.Option(
        "--library",
        metavar="NAME=PATH",
        help="Serve this library below /NAME/; give it for each of several, in the place of --in.",
    ),
]
Host: TypeAlias = Annotated[
    str, typer.Option(metavar="ADDRESS", help="Address to listen on; 0.0.0.0 = all interfaces.")
]
Port: TypeAlias = Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 picks a free one and prints it.")]
Workers: TypeAlias = Annotated[int, typer.Option(min=1, help="Number of worker processes.")]
ApiKey: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--api-key", metavar="KEY", envvar="TWINLENS_API_KEY", show_envvar=True, help="Key that clients must send."
    ),
]
ApiKeyFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", envvar="TWINLENS_API_KEY_FILE", readable=False, help="File that contains the key."),
]
Keys: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        envvar="TWINLENS_KEYS_FILE",
        readable=False,
        help="TOML file with several keys, their names and scopes (search, curate, index).",
    ),
]
Tokens: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        envvar="TWINLENS_TOKENS_FILE",
        readable=False,
        help="TOML file that says whose tokens (JWT, OpenID Connect) are keys, too, and what their groups may do.",
    ),
]
StateFolder: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        envvar="TWINLENS_STATE_FOLDER",
        help="Folder for the page's sessions; default: the user's data folder.",
    ),
]
Insecure: TypeAlias = Annotated[bool, typer.Option("--insecure", help="Allow other machines to connect without a key.")]
CorsOrigin: TypeAlias = Annotated[
    Names,
    typer.Option(
        metavar="ORIGIN",
        help="Also allow pages of this origin (CORS), such as https://my.example; "
        "null = a page opened from a file, and any site that imitates one; * = any site.",
    ),
]
AllowedHost: TypeAlias = Annotated[
    Names, typer.Option(metavar="NAME", help="Also accept this host name, for example behind a proxy; * = any.")
]
TrustedProxy: TypeAlias = Annotated[
    Names, typer.Option(metavar="ADDRESS", help="Trust this proxy's X-Forwarded headers.")
]
RootPath: TypeAlias = Annotated[
    str, typer.Option(metavar="PATH", help="Path at which a proxy serves this server, such as /photos.")
]
RateLimit: TypeAlias = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Requests per minute of each client, or of each key and person; 0 = no limit. A picture counts as a "
        "twentieth, a batch or a long answer as several. "
        "Default: 600 if other machines can connect, directly or through a proxy, else none.",
    ),
]
Limits: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        envvar="TWINLENS_LIMITS",
        show_default=False,
        help="Redis server that counts requests for all workers and machines, such as redis://host:6379/0; "
        "else each worker counts for itself.",
    ),
]
MaxBodyMb: TypeAlias = Annotated[float, typer.Option(min=0.01, help="Maximum request size, uploads included.")]
MaxMegapixels: TypeAlias = Annotated[float, typer.Option(min=0.01, help="Maximum size of an uploaded picture.")]
MaxDecodeS: TypeAlias = Annotated[
    float, typer.Option(min=0.1, help="Maximum CPU time for decoding an uploaded picture, in seconds.")
]
MaxDecodeMb: TypeAlias = Annotated[float, typer.Option(min=50, help="Maximum memory for decoding an uploaded picture.")]
MaxTopK: TypeAlias = Annotated[int, typer.Option(min=1, help="Maximum number of results per answer.")]
MaxQueryLength: TypeAlias = Annotated[int, typer.Option(min=1, help="Maximum length of a query, in characters.")]
DrainS: TypeAlias = Annotated[
    float,
    typer.Option(
        "--drain-s",
        min=0,
        max=300,
        metavar="SECONDS",
        help="After SIGTERM, go on answering for so long, while /readyz is 503: a proxy then asks another server.",
    ),
]
ThumbnailsMb: TypeAlias = Annotated[float, typer.Option(min=0, help="Maximum size of the thumbnail cache on disk.")]
QueryLog: TypeAlias = Annotated[bool, typer.Option("--query-log", help="Log search queries.")]
AccessLog: TypeAlias = Annotated[bool, typer.Option("--access-log", help="Log every request on stderr.")]
AuditLog: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        envvar="TWINLENS_AUDIT_LOG",
        help="Add a line of JSON to this file for each search, opened photo and change: whose key, what and when.",
    ),
]
Watch: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--watch/--no-watch",
        envvar="TWINLENS_WATCH",
        help="Index changes in the photo folders as they come; a library that cannot be written is not followed.",
    ),
]
