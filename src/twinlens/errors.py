"""The exceptions of twinlens.

A message says three things: what was expected, what was received, and what to do next.
"""

import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import Literal

_SURROGATES = re.compile("[\ud800-\udfff]")
_COMMAND = re.compile(r"\btwinlens [a-z]|(?<![\w-])--[a-z]")


def valid_unicode(text: str, *, backslash: str = "\\") -> str:
    r"""The text with the bytes of file names that are not UTF-8 escaped, as ``\xff``."""

    def escaped(match: re.Match[str]) -> str:
        code = ord(match[0])
        return f"{backslash}x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"{backslash}u{code:04x}"

    return _SURROGATES.sub(escaped, text)


def without_commands(message: str) -> str:
    """A message without its advice to run a command: for interfaces that have means of their own.

    >>> without_commands("no photo has the tag 'dog'; 'twinlens tag list' shows all")
    "no photo has the tag 'dog'"
    """
    fault, *advice = message.split("; ")
    return "; ".join([fault, *(part for part in advice if not _COMMAND.search(part))])


class TwinlensError(Exception):
    """Base of all errors that a user can cause and fix; its message is valid Unicode."""

    def __str__(self) -> str:
        return valid_unicode(super().__str__())


class ConfigError(TwinlensError):
    """A recipe or setting is not valid; the message lists every error."""


class UnknownPartError(TwinlensError):
    """No part of that name exists in the family."""


class DataError(TwinlensError):
    """A data set is missing, incomplete or not in a supported format."""


class PhotoError(TwinlensError):
    """One photo cannot be read; the message is the reason shown in reports."""


class PhotoTooLargeError(PhotoError):
    """A photo takes more pixels or memory than decoding it may."""


class PhotoTooSlowError(PhotoError):
    """A photo takes longer to decode than it may."""


class RegionError(PhotoError):
    """A region is no part of its photo, or too small a part."""


class PhotoCrashError(PhotoError):
    """A photo crashes the process that decodes it."""


class TextRecognizerError(TwinlensError):
    """Text in pictures cannot be read: a package or a model is missing, or it failed on one picture."""


class NoTextRecognizerError(TextRecognizerError):
    """The package that reads text in pictures is not installed."""


class DecoderError(TwinlensError):
    """The process that decodes photos cannot be started, or was closed."""


class ClusterError(TwinlensError):
    """The machines of a Ray cluster cannot be reached, cannot do the work, or are lost; later it may go on."""


class TrainingError(TwinlensError):
    """A training run cannot start or continue."""


class BundleError(TwinlensError):
    """A model bundle is missing, damaged or of a version this release cannot open."""


class ModelMismatchError(TwinlensError):
    """A collection was opened with a model other than the one it was indexed with."""


class QueryError(TwinlensError):
    """A query or a filter is invalid."""


class UnknownPhotoError(QueryError):
    """Something is to be given to a photo that is not indexed."""


class UnknownFolderError(QueryError):
    """A folder filter names a folder without indexed photos."""


class UnknownAlbumError(QueryError):
    """There is no album of this name."""


class UnknownShareError(QueryError):
    """There is no share of this number, or it has another key."""


class ShareEndedError(QueryError):
    """A share shows nothing any more.

    Attributes:
        why: it has "expired", was "revoked", or what it showed is "gone".
    """

    _MESSAGES = MappingProxyType(
        {
            "expired": "this link has expired",
            "revoked": "this link was taken back by whoever shared it",
            "gone": "what was shared by this link is gone",
        }
    )

    def __init__(self, why: Literal["expired", "revoked", "gone"]) -> None:
        super().__init__(self._MESSAGES[why])
        self.why = why


class NoProbabilitiesError(QueryError):
    """A minimum probability was requested, but the query has no probabilities."""


class CollectionError(TwinlensError):
    """A collection cannot be found, opened or written."""


class CollectionNotFoundError(CollectionError):
    """There is no collection where one was expected."""


class NothingToLearnError(TwinlensError):
    """Too few photos have captions or feedback to learn from."""


class NoCaptionsError(CollectionNotFoundError):
    """Captions were searched where none is known."""


class CollectionBusyError(CollectionError):
    """Another process uses this collection in a way that excludes what was asked; later it may work."""


class AlreadyIndexingError(CollectionBusyError):
    """Another process is indexing this collection."""


class AlreadyReadingError(CollectionBusyError):
    """Another process is reading the text in this collection's pictures."""


class AlreadyWatchedError(CollectionBusyError):
    """Another process keeps this collection up to date with its folders."""


class CatalogLockedError(CollectionBusyError):
    """Another program has kept the catalog locked for longer than we wait."""


class CollectionMissingError(CollectionError):
    """A collection that was open is no longer at its place: its folder was moved, deleted or unmounted."""


class PhotosMissingError(CollectionError):
    """A photo folder of the collection is no longer at its place."""


class NoPhotosError(CollectionError):
    """There is nothing to index in the photo folders.

    Args:
        places: the folders.
        why: what is there instead, and what to do.
        skipped: path and reason of each file that is there.
    """

    def __init__(self, places: Sequence[str], why: str, skipped: Sequence[tuple[str, str]]) -> None:
        super().__init__(f"{', '.join(places)} {why}")
        self.why, self.skipped = why, skipped


class CatalogDamagedError(CollectionError):
    """The catalog file is not readable as the SQLite database it should be."""


class VectorsDamagedError(CollectionError):
    """A file of derived vectors is damaged; it is rebuilt from the catalog."""


class StoreUnavailableError(CollectionError):
    """The server that keeps a collection's vectors cannot be reached, or refuses; later it may work."""


class CatalogUnavailableError(CollectionError):
    """The server that keeps a collection's catalog cannot be reached, or has ended; later it may work."""


class DiskFullError(CollectionError):
    """The disk is full; committed work is kept."""
