"""Open the catalog of a collection folder: its SQLite file, or the one on a server that it belongs to."""

from pathlib import Path

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.postgres.address import address_at
from twinlens.errors import UnknownPartError


def open_catalog(path: Path, *, create: bool = False, read_only: bool = False) -> Catalog:
    """The catalog of a folder.

    Args:
        path: of the SQLite file.
        create: make it if it is missing.
        read_only: for media that cannot be written.

    Raises:
        UnknownPartError: it is in PostgreSQL, and the extra ``postgres`` is not installed.
        CollectionError: see ``Catalog`` and ``ServedCatalog``.
    """
    address = address_at(path.parent)
    if address is None:
        return Catalog(path, create=create, read_only=read_only)
    try:
        from twinlens.collection.catalog.postgres.catalog import ServedCatalog
    except ImportError as error:  # of psycopg, or of the library of PostgreSQL that it needs
        raise UnknownPartError("a catalog in PostgreSQL needs psycopg: pip install 'twinlens[postgres]'") from error
    return ServedCatalog(path, address, create=create)
