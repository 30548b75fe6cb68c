"""Every error twinlens raises on purpose.

A message says three things: what was wanted, what came, and what to do next.
"""


class TwinlensError(Exception):
    """Base of all errors that a user can cause and can mend."""


class ConfigError(TwinlensError):
    """A recipe or setting is not valid; the message lists every fault."""


class UnknownPartError(TwinlensError):
    """No part of that name exists in the family."""


class DataError(TwinlensError):
    """A data set is missing, incomplete or not in a known format."""


class PhotoError(TwinlensError):
    """One photo cannot be read; the message is the reason shown in reports."""


class TrainingError(TwinlensError):
    """A training run cannot start or go on."""


class BundleError(TwinlensError):
    """A model bundle is missing, damaged or of a version this release cannot open."""


class ModelMismatchError(TwinlensError):
    """A collection was asked to work with another model than the one that made its vectors."""


class QueryError(TwinlensError):
    """A query or a filter cannot be understood."""


class NoProbabilitiesError(QueryError):
    """A least probability was asked for where the model gives none."""


class CollectionError(TwinlensError):
    """A collection cannot be found, opened or written."""


class CollectionNotFoundError(CollectionError):
    """There is no collection where one was expected."""


class CollectionBusyError(CollectionError):
    """Another process is indexing this collection."""


class CatalogDamagedError(CollectionError):
    """The catalog file is not readable as the SQLite database it should be."""


class DiskFullError(CollectionError):
    """The disk had no room left; what was committed before is intact."""
