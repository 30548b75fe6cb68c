"""A copy of the server that is only read, and may lag: it answers unless that would take a process back in time."""

import logging
import math
import threading
import time
from collections.abc import Callable

import psycopg

from twinlens.collection.catalog.postgres.address import Address
from twinlens.collection.catalog.postgres.connection import ServerConnection
from twinlens.collection.catalog.postgres.pool import Pool
from twinlens.collection.catalog.postgres.replica_state import ReplicaState
from twinlens.errors import CatalogUnavailableError, CollectionError

logger = logging.getLogger(__name__)
LOOK_S = 1.0  # how long it is believed what was seen of it
AWAY_S = 5.0  # before one that failed is asked again
MAIN_AWAY_S = 30.0  # before the main server is asked again, how far the replica is behind
WAIT_S, STEP_S = 0.25, 0.01  # for what it lacks, and between two looks
_PLACE = "pg_wal_lsn_diff({}, '0/0')::bigint"
_OF_REPLICA = (
    f"SELECT pg_is_in_recovery(), {_PLACE.format('pg_last_wal_replay_lsn()')}, "
    "extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8"
)
WRITTEN = f"SELECT {_PLACE.format('pg_current_wal_lsn()')}"
_WHICH = "SELECT system_identifier FROM pg_control_system()"


class Replica:
    """Decides whether a read may go to the replica.

    Args:
        address: of the catalog, with a replica.
        main: the connections to the server that is written.
        prepare: called with each new connection.
    """

    def __init__(self, address: Address, main: Pool, prepare: Callable[[ServerConnection], None]) -> None:
        self.pool = Pool(address.of_replica(), prepare)
        self._address, self._main, self._most_lag_s = address, main, address.most_lag_s
        self._guard, self._looking = threading.Lock(), threading.Lock()
        self._seen = 0  # what this process has read or written on the main server: never again less
        self._replayed = 0
        self._looked, self._again = -LOOK_S, 0.0  # when it was looked at, and when it will be at the earliest
        self._main_again = 0.0
        self._in_step: float | None = None  # when it last had all that was written
        self._lag_s = math.inf
        self._is_same = False
        self._why: str | None = None

    def note_seen(self, place: int) -> None:
        """From now on only a replica that has this much of the log will do."""
        with self._guard:
            self._seen = max(self._seen, place)

    def may_answer(self) -> bool:
        """Whether it is there, has what this process has seen, and lags no more than is allowed.

        Waits for a moment for what this process has just written: a replica is usually some milliseconds behind.
        """
        if self._fits() and time.monotonic() - self._looked <= LOOK_S:
            return True
        if time.monotonic() < self._again:
            return False
        if not self._looking.acquire(timeout=WAIT_S):  # another thread looks, and waits for a server
            return self._fits()
        try:
            return self._fits_soon()
        finally:
            self._looking.release()

    def failed(self, why: str) -> None:
        """A read has failed there: it is not asked for a while."""
        if self._why is None:
            logger.warning("a replica is not used, and all is read from %s: %s", self._address, why)
        self._why, self._again = why, time.monotonic() + AWAY_S

    def state(self) -> ReplicaState:
        """What is to be told of it, as it is now."""
        is_used, lag_s = self.may_answer(), None
        if self._in_step is not None:
            lag_s = time.monotonic() - self._in_step if self._why else self._lag_s
        why = None if is_used else self._why or "it lags too much, or lacks what this process has seen"
        return ReplicaState(str(self.pool.address), is_used, None if lag_s is None else round(lag_s, 1), why)

    def _fits(self) -> bool:
        return self._why is None and self._replayed >= self._seen and self._lag_s <= self._most_lag_s

    def _fits_soon(self) -> bool:
        started = now = time.monotonic()
        while now - started <= WAIT_S:
            try:
                self._look(now)
            except (CollectionError, psycopg.Error) as error:
                self.failed(str(error))
                return False
            if self._why is not None:
                logger.warning("the replica of %s answers again", self._address)
            self._why = None
            if self._fits():
                return True
            if self._lag_s > self._most_lag_s or self._replayed >= self._seen:
                break
            time.sleep(STEP_S)
            now = time.monotonic()
        self._again = now + LOOK_S
        return False

    def _look(self, now: float) -> None:
        with self.pool.lent() as connection:
            is_replica, replayed, age_s = connection.raw.execute(_OF_REPLICA).fetchone()
            if not is_replica:
                raise CollectionError("it is no replica, or not any more")
            which = None if self._is_same else connection.raw.execute(_WHICH).fetchone()
        written = self._written(which)
        self._is_same, self._looked, self._replayed = True, time.monotonic(), int(replayed)
        if written is not None and self._replayed >= written:
            self._in_step = now
        elif self._in_step is None and age_s is not None:
            self._in_step = now - max(0.0, float(age_s))
        self._lag_s = math.inf if self._in_step is None else now - self._in_step

    def _written(self, which: tuple[int] | None) -> int | None:
        """How much the main server has written; None while it is away: what the replica has is right all the same."""
        if time.monotonic() < self._main_again:
            return None
        try:
            with self._main.lent() as connection:
                if which is not None and connection.raw.execute(_WHICH).fetchone() != which:
                    raise CollectionError("it is a replica of another server")
                return int(connection.raw.execute(WRITTEN).fetchone()[0])
        except (CatalogUnavailableError, psycopg.Error):
            if which is not None:
                raise
            self._main_again = time.monotonic() + MAIN_AWAY_S
            return None
