"""A repository of a model hub, at one commit: its files are downloaded, resumed and checked."""

import errno
import hashlib
import logging
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twinlens.errors import BundleError
from twinlens.model.hub.source import OnBytes, Remote, Source

_FREE_BYTES = 64 << 20  # stays free: a full disk stops more than a download
_CHUNK = 1 << 20


class Repository(Source):
    """Files of a repository on the hub that ``HF_ENDPOINT`` names, huggingface.co by default.

    Args:
        name: ``owner/name``.
        folder: where downloads are kept until the bundle is made; what is there already is not fetched again.
        revision: branch, tag or commit; None = the main branch. It is resolved to a commit once.

    Raises:
        BundleError: the hub cannot be reached, or refuses; the message says what to do.
    """

    def __init__(self, name: str, folder: Path, *, revision: str | None = None) -> None:
        from huggingface_hub import HfApi

        self.name = name
        with _as_one_line(name, revision):
            info = HfApi().model_info(name, revision=revision, files_metadata=True, timeout=30)
        self.revision = _commit(name, info.sha)
        self.license = _license(info)
        self.files = {entry.rfilename: _remote(entry) for entry in info.siblings or ()}
        self._folder = folder / self.revision

    def missing_bytes(self, names: Sequence[str]) -> int:
        """How much is still to be downloaded, beginnings of files left out."""
        return sum(self.files[name].size_bytes - self._here(name) for name in names)

    def fetch(self, names: Sequence[str], *, on_bytes: OnBytes | None = None) -> dict[str, Path]:
        """Downloads what is missing, after a look at the disk."""
        total = sum(self.files[name].size_bytes for name in names)
        self._check_disk(self.missing_bytes(names))
        places, before = {}, 0
        for name in names:
            report = _Report(on_bytes, before, total)
            places[name] = self._fetch(name, report)
            before += self.files[name].size_bytes
            report.show(before)
        return places

    def _check_disk(self, needed: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._folder).free
        if needed + _FREE_BYTES > free:
            raise BundleError(
                f"{self.name} needs {needed / 1e6:,.0f} MB more, {self._folder.parent} has {free / 1e6:,.0f} MB free; "
                "free some space, or set TWINLENS_HOME to a folder on a larger disk"
            )

    def _here(self, name: str) -> int:
        for place in (self._folder / name, _partial(self._folder / name)):
            if place.is_file():
                return min(place.stat().st_size, self.files[name].size_bytes)
        return 0

    def _fetch(self, name: str, report: "_Report") -> Path:
        place, wanted = self._folder / name, self.files[name]
        if place.is_file():
            return place
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = _partial(place)
        with _as_one_line(self.name, self.revision):
            _download(self.name, name, self.revision, partial, wanted.size_bytes, report)
        if not _is_intact(partial, wanted.digest):
            partial.unlink()
            raise BundleError(
                f"{name} of {self.name} arrived damaged: its checksum is not the hub's; pull the model again, "
                "and without a mirror if it happens again"
            )
        return partial.replace(place)


class _Report:
    """Passes on how many bytes have arrived."""

    def __init__(self, on_bytes: OnBytes | None, before: int, total: int) -> None:
        self._on_bytes, self._before, self._total = on_bytes, before, total

    def show(self, done: int) -> None:
        if self._on_bytes:
            self._on_bytes(done, self._total)

    def arrived(self, of_file: int) -> None:
        self.show(self._before + of_file)


def _download(repository: str, name: str, revision: str, partial: Path, size_bytes: int, report: _Report) -> None:
    """Appends what is missing to a partial file; a dropped connection is taken up again where it broke."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    class Bar:
        """In the place of the hub client's own bar, which writes to stderr."""

        def __init__(self, *_args: Any, initial: int = 0, **_options: Any) -> None:
            self.done = initial

        def __enter__(self) -> "Bar":
            return self

        def __exit__(self, *_error: object) -> None: ...

        def update(self, count: int) -> None:
            self.done += count
            report.arrived(self.done)

    if partial.is_file() and partial.stat().st_size > size_bytes:
        partial.unlink()
    with partial.open("ab") as file:
        http_get(
            hf_hub_url(repository, name, revision=revision),
            file,
            resume_size=file.tell(),
            headers=build_hf_headers(),
            expected_size=size_bytes,
            tqdm_class=Bar,
        )


@contextmanager
def _as_one_line(name: str, revision: str | None) -> Iterator[None]:
    """Turns what the hub client raises into one line that says what to do."""
    from huggingface_hub import constants, errors

    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it warns of each dropped connection that it takes up again
    hub = constants.ENDPOINT
    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        raise BundleError(
            f"HF_HUB_OFFLINE is set, and {name} is not in the hub's cache; unset it, or give the folder of a copy"
        ) from error
    except errors.HFValidationError as error:
        raise BundleError(
            f"{name!r} is no repository; give OWNER/NAME, a name of twinlens models list, or a folder"
        ) from error
    except errors.GatedRepoError as error:
        raise BundleError(
            f"{name} is given out under conditions; accept them at {hub}/{name}, then set HF_TOKEN to your access "
            "token, or log in with hf auth login, and pull again"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise BundleError(f"{name} has no revision {revision!r}; see {hub}/{name}/commits/main") from error
    except errors.RepositoryNotFoundError as error:
        raise BundleError(
            f"{hub} has no model repository {name}, or it is private; check the name, or set HF_TOKEN to an access "
            "token that may read it"
        ) from error
    except (errors.HTTPError, OSError) as error:  # type: ignore[attr-defined]
        raise _refusal(name, hub, error) from error
    finally:
        logger.setLevel(level)


def _refusal(name: str, hub: str, error: Exception) -> BundleError:
    if getattr(error, "errno", None) == errno.ENOSPC:
        return BundleError(f"the disk is full; free some space and pull {name} again: what was downloaded is kept")
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if status == 429:
        wait = response.headers.get("Retry-After") if response is not None else None
        when = f"in {wait} seconds" if wait else "in a few minutes"
        return BundleError(
            f"{hub} answers no more requests for now (429); pull {name} again {when}: what was downloaded is kept"
        )
    if status in (401, 403):
        return BundleError(
            f"{hub} refuses access to {name} ({status}); set HF_TOKEN to an access token that may read it, "
            f"or see {hub}/{name}"
        )
    if status == 404:
        return BundleError(f"{hub} no longer has a file of {name} (404); pull it again, or choose another revision")
    what = f"it answered {status}" if status else " ".join(str(error).split()) or type(error).__name__
    return BundleError(
        f"{name} cannot be had from {hub}: {what}; check the connection and try again: a download continues where it "
        "stopped"
    )


def _remote(entry: Any) -> Remote:
    if entry.lfs:
        return Remote(entry.lfs["size"], f"sha256:{entry.lfs['sha256']}")
    return Remote(entry.size or 0, f"git:{entry.blob_id}" if entry.blob_id else "")


def _commit(name: str, stated: str | None) -> str:
    """The commit, which also names a folder here."""
    if not re.fullmatch(r"[0-9A-Za-z]{7,64}", stated or ""):
        raise BundleError(f"the hub states no commit of {name}, but {stated!r}; try again without a mirror")
    return str(stated)


def _license(info: Any) -> str:
    card = info.card_data or {}
    stated = card.get("license_name") or card.get("license") or ""
    tags = [tag.removeprefix("license:") for tag in info.tags or () if tag.startswith("license:")]
    text = ", ".join(map(str, stated)) if isinstance(stated, list) else str(stated or ", ".join(tags))
    return "".join(filter(str.isprintable, text))[:200]  # it is printed as it is


def _partial(place: Path) -> Path:
    return place.with_name(place.name + ".partial")


def _is_intact(path: Path, digest: str) -> bool:
    """Whether a file has its hash: SHA-256, or git's of a blob; any file has no hash at all."""
    kind, _, wanted = digest.partition(":")
    if not wanted:
        return True
    found = (
        hashlib.sha256()
        if kind == "sha256"
        else hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    )
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest() == wanted
