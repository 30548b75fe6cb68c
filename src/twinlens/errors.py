"""The exceptions of twinlens.

A message says three things: what was expected, what was received, and what to do next.
"""


class TwinlensError(Exception):
    """Base of all errors that a user can cause and fix."""


class ConfigError(TwinlensError):
    """A recipe or setting is not valid; the message lists every error."""


class UnknownPartError(TwinlensError):
    """No part of that name exists in the family."""


class DataError(TwinlensError):
    """A data set is missing, incomplete or not in a supported format."""


class PhotoError(TwinlensError):
    """One photo cannot be read; the message is the reason shown in reports."""


class PhotoTooLargeError(PhotoError):
    """A photo has more pixels than may be decoded."""


class TrainingError(TwinlensError):
    """A training run cannot start or continue."""


class BundleError(TwinlensError):
    """A model bundle is missing, damaged or of a version this release cannot open."""


class ModelMismatchError(TwinlensError):
    """A collection was opened with a model other than the one it was indexed with."""


class QueryError(TwinlensError):
    """A query or a filter is invalid."""


class UnknownFolderError(QueryError):
    """A folder filter names a folder without indexed photos."""


class NoProbabilitiesError(QueryError):
    """A minimum probability was requested, but the query has no probabilities."""


class CollectionError(TwinlensError):
    """A collection cannot be found, opened or written."""


class CollectionNotFoundError(CollectionError):
    """There is no collection where one was expected."""


class NoCaptionsError(CollectionNotFoundError):
    """Captions were searched where none is known."""


class CollectionBusyError(CollectionError):
    """Another process is indexing this collection."""


class CatalogDamagedError(CollectionError):
    """The catalog file is not readable as the SQLite database it should be."""


class VectorsDamagedError(CollectionError):
    """A file of derived vectors is damaged; it is rebuilt from the catalog."""


class DiskFullError(CollectionError):
    """The disk is full; committed work is kept."""
