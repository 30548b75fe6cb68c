"""``twinlens serve``: serve the REST API and the web page, locally or, with a key, to other machines."""

import json
import logging
import os
from typing import TYPE_CHECKING

import typer

from twinlens import api
from twinlens.cli.key import chosen_key
from twinlens.cli.open_collection import complete_change
from twinlens.cli.options.common import Model, Place
from twinlens.cli.options.serve import (
    AccessLog,
    AllowedHost,
    ApiKey,
    ApiKeyFile,
    AuditLog,
    CorsOrigin,
    DrainS,
    Host,
    Insecure,
    Keys,
    Libraries,
    Limits,
    MaxBodyMb,
    MaxDecodeMb,
    MaxDecodeS,
    MaxMegapixels,
    MaxQueryLength,
    MaxTopK,
    Port,
    QueryLog,
    RateLimit,
    RootPath,
    StateFolder,
    ThumbnailsMb,
    Tokens,
    TrustedProxy,
    Watch,
    Workers,
)
from twinlens.cli.outcome import FOUND, INTERRUPTED, LogFile, Verbose, as_exit_code, say, start_logging
from twinlens.cli.streams import StdoutError
from twinlens.counted import counted

if TYPE_CHECKING:
    from twinlens.rest.settings import Settings

EXAMPLE = "Example: twinlens serve --in ~/Pictures --port 5001"


@as_exit_code
def run(
    context: typer.Context,
    place: Place = None,
    library: Libraries = None,
    host: Host = "127.0.0.1",
    port: Port = 5000,
    workers: Workers = 1,
    api_key: ApiKey = None,
    api_key_file: ApiKeyFile = None,
    keys: Keys = None,
    tokens: Tokens = None,
    state_folder: StateFolder = None,
    insecure: Insecure = False,
    cors_origin: CorsOrigin = None,
    allowed_host: AllowedHost = None,
    trusted_proxy: TrustedProxy = None,
    root_path: RootPath = "",
    rate_limit: RateLimit = None,
    limits: Limits = None,
    max_body_mb: MaxBodyMb = 32.0,
    max_megapixels: MaxMegapixels = 100.0,
    max_decode_s: MaxDecodeS = 10.0,
    max_decode_mb: MaxDecodeMb = 1500.0,
    max_top_k: MaxTopK = 1000,
    max_query_length: MaxQueryLength = 1000,
    drain_s: DrainS = 0.0,
    thumbnails_mb: ThumbnailsMb = 500.0,
    query_log: QueryLog = False,
    access_log: AccessLog = False,
    audit_log: AuditLog = None,
    watch: Watch = True,
    model: Model = None,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Serve a collection: the web page, and a REST API documented at /docs.

    When ready, prints its URL as one line of JSON on stdout. Other machines can connect only
    if --host allows it, and need the key. Ctrl+C finishes running requests and stops.
    """
    _check_extra()
    from twinlens.rest.settings import Settings

    start_logging(verbose=verbose, log_file=log_file)
    _choose_logs(access=access_log or verbose or log_file is not None, queries=query_log)
    key, key_file = chosen_key(context, api_key, api_key_file)
    settings = Settings(
        collection=None if place is None else str(place.expanduser()),
        libraries=tuple(library or ()),
        model=model,
        host=host,
        port=port,
        workers=workers,
        api_key=key,
        api_key_file=None if key_file is None else str(key_file),
        keys_file=None if keys is None else str(keys),
        tokens_file=None if tokens is None else str(tokens),
        state_folder=None if state_folder is None else str(state_folder),
        insecure=insecure,
        cors_origins=tuple(cors_origin or ()),
        allowed_hosts=tuple(allowed_host or ()),
        trusted_proxies=tuple(trusted_proxy or ()),
        root_path=root_path,
        requests_per_minute=rate_limit,
        limits=limits,
        max_body_mb=max_body_mb,
        max_megapixels=max_megapixels,
        max_decode_s=max_decode_s,
        max_decode_mb=max_decode_mb,
        max_top_k=max_top_k,
        max_query_length=max_query_length,
        drain_s=drain_s,
        thumbnails_mb=thumbnails_mb,
        query_log=query_log,
        audit_log=None if audit_log is None else str(audit_log),
        watch=watch,
    )
    if library and place is not None:
        raise typer.BadParameter("give either --in or --library; to serve both, add --library NAME=PATH")
    settings.check_exposure()
    _warn(settings)
    return _serve(settings)


def _check_extra() -> None:
    from twinlens.errors import ConfigError

    try:
        import fastapi  # noqa: F401
        import prometheus_client  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f'{error.name}, which the server needs, is not installed: pip install "twinlens[serve]"'
        ) from error


def _choose_logs(*, access: bool, queries: bool) -> None:
    logging.getLogger("twinlens.access").setLevel(logging.INFO if access else logging.WARNING)
    logging.getLogger("twinlens.queries").setLevel(logging.INFO if queries else logging.WARNING)
    if not queries:  # at DEBUG level the collection would log the query text
        logging.getLogger("twinlens.collection").setLevel(logging.INFO)
    for handler in logging.getLogger("twinlens").handlers[:1]:
        handler.setLevel(min(handler.level, logging.INFO))
    if (access or queries) and logging.getLogger("twinlens").level > logging.INFO:
        logging.getLogger("twinlens").setLevel(logging.INFO)


def _warn(settings: "Settings") -> None:
    from twinlens.rest.settings import SHORT_KEY

    if settings.api_key and len(settings.api_key) < SHORT_KEY:
        length = counted(len(settings.api_key), "character")
        say(f"warning: the API key has {length} and may be guessed; use {SHORT_KEY} or more")
    if not settings.needs_key and not settings.is_local:
        say(f"warning: anyone who can reach {settings.host} can see all photos")
    elif not settings.needs_key and settings.allowed_hosts:
        say("warning: anyone the proxy lets in can see all photos; set a key to prevent this")
    if not settings.needs_key and (lax := {"null", "*"} & set(settings.cors_origins)):
        say(f"warning: with --cors-origin {min(lax)}, any web site that you visit can search and see these photos")


def _serve(settings: "Settings") -> int:
    import signal

    from twinlens.rest.process.server import bind, serve
    from twinlens.rest.process.workers import Workers

    opened = _opened(settings)
    listener = bind(settings)
    port = listener.getsockname()[1]
    if settings.workers == 1:
        stopped_by = serve(
            settings,
            listener,
            collection=opened if settings.libraries else opened[""],
            on_ready=lambda engine: _tell_ready(settings, port, engine.known_photos, model=engine.model_name),
        )
    else:
        images = sum(len(collection) for collection in opened.values())
        for collection in opened.values():
            collection.close()
        stopped_by = Workers(settings, listener).run(lambda: _tell_ready(settings, port, images))
    return INTERRUPTED if stopped_by == signal.SIGINT else FOUND


def _opened(settings: "Settings") -> "dict[str, api.library.Collection]":
    """The collections that are here, by name and ready to be searched; the only one of a server has the name ``""``."""
    from twinlens.rest.shelf.named import read_named
    from twinlens.rest.shelf.opening import open_libraries

    if settings.libraries:
        return open_libraries(read_named(settings.libraries), model=settings.model, prepare=complete_change)
    collection = api.library.open_for_serving(settings.collection, model=settings.model)
    complete_change(collection)
    return {"": collection}


def _tell_ready(settings: "Settings", port: int, images: int, *, model: str | None = None) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    shown = "localhost" if host in ("0.0.0.0", "[::]") else host
    url = f"http://{shown}:{port}"
    ready = {
        "event": "ready",
        "url": url,
        "host": settings.host,
        "port": port,
        "pid": os.getpid(),
        "workers": settings.workers,
        "num_images": images,
        "root_path": settings.root_path,
        "libraries": [text.partition("=")[0] for text in settings.libraries],
        "cors_origins": list(settings.cors_origins),
    }
    try:
        typer.echo(json.dumps(ready))
    except StdoutError as error:  # a server without a reader of this line serves all the same
        say(f"warning: {error}")
    say(f"{counted(images, 'photo')} can be searched at {url}, see {url}/docs; Ctrl+C stops. {_pages(settings)}")
    if model == "default":
        say("larger models understand more, and are one download away: twinlens models list")


def _pages(settings: "Settings") -> str:
    """Which pages besides the server's own may use it."""
    if settings.cors_origins:
        return f"Pages of this machine and of {', '.join(settings.cors_origins)} may use it (--cors-origin)"
    return "A page opened from a file may use it only with --cors-origin null"
