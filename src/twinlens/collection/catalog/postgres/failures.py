"""Our errors for those of PostgreSQL: one line each that says what to do."""

import psycopg
from psycopg import errors

from twinlens.collection.catalog.postgres.address import PASSWORD, Address
from twinlens.errors import (
    CatalogDamagedError,
    CatalogLockedError,
    CatalogUnavailableError,
    CollectionError,
    DiskFullError,
)

LOCK_S = 30  # as long as one waits for another writer of an SQLite file
_REFUSED = ("password authentication failed", "no password supplied", "authentication failed", "pg_hba.conf")
_LOCKED = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)
_AWAY = (
    *(errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow, errors.TooManyConnections),
    *(errors.ConnectionException, errors.IdleInTransactionSessionTimeout),
)


def translated(address: Address, error: psycopg.Error) -> CollectionError:
    """Our error for one of psycopg's."""
    told = _first_line(error)
    if isinstance(error, _AWAY):
        return CatalogUnavailableError(unavailable(address, told))
    if isinstance(error, _LOCKED):
        return CatalogLockedError(
            f"the catalog at {address} has been locked by another process for {LOCK_S} s; "
            "try again when that is done, or end the program that holds it"
        )
    if isinstance(error, errors.DiskFull):
        return DiskFullError(
            f"no space left on the disk of the server of {address}; what was indexed before is safe: "
            "free some space there and run the same command again"
        )
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return CollectionError(f"the server of {address} can only be read, as a replica; name the one that is written")
    if isinstance(error, errors.InsufficientPrivilege):
        return CollectionError(f"the user of {address} lacks a right ({told}); grant it, or name another user")
    if isinstance(error, errors.UndefinedTable | errors.UndefinedColumn | errors.UndefinedFunction):
        return CatalogDamagedError(damaged(address, told))
    if isinstance(error, errors.ProgramLimitExceeded):
        return CollectionError(
            f"the catalog at {address} takes no path of more than about 2,700 bytes ({told}); "
            "shorten the names of its folders, or leave it out with --exclude"
        )
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return CatalogUnavailableError(unavailable(address, told))
    return CollectionError(f"the catalog at {address} cannot be used: {told}")


def not_connected(address: Address, error: psycopg.Error) -> CollectionError:
    """The error where no connection can be made."""
    told = _first_line(error)
    if any(sign in told for sign in _REFUSED):
        return CollectionError(
            f"the server of {address} refuses the user ({told}); set {PASSWORD}, or write the password into ~/.pgpass"
        )
    if "database" in told and "does not exist" in told:
        return CollectionError(f"the server of {address} has no such database ({told}); make it with createdb")
    return CatalogUnavailableError(unavailable(address, told))


def unavailable(address: Address, why: str) -> str:
    """The message for a server that does not answer."""
    return (
        f"the catalog at {address} cannot be reached ({why}); start its server, or check the address: "
        "a program that has it open then goes on by itself"
    )


def damaged(address: Address, why: str) -> str:
    """The message for a catalog that is not as it was made."""
    return (
        f"the catalog at {address} is damaged ({why}); your photos are untouched, and nothing was changed: "
        "restore it from a backup of pg_dump"
    )


def _first_line(error: psycopg.Error) -> str:
    """Of several addresses of one host that were tried, what the last one said."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next((line for line in reversed(lines) if "FATAL" in line or "failed:" in line), lines[0] if lines else "")
    told = told.rpartition("failed: ")[2].removeprefix("FATAL:").removeprefix("fe_sendauth:").strip()
    return told or type(error).__name__
