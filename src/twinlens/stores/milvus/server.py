"""What we ask of a Milvus server; every call ends, and fails with one line."""

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import grpc
import numpy as np
from numpy.typing import NDArray
from pymilvus import DataType, MilvusClient, MilvusException

from twinlens.errors import StoreUnavailableError, VectorsDamagedError
from twinlens.stores.milvus.address import TOKEN, Address, token
from twinlens.stores.milvus.kinds import IndexKind
from twinlens.types import Embeddings, Ids

CONNECT_S, SEARCH_S, CALL_S, BUILD_S = 10.0, 10.0, 60.0, 600.0  # pymilvus tries again until then
ASK_S = 20.0  # whether it is there, and what it has: ``/readyz`` waits for that
MOST_ROWS = 16_384  # that Milvus returns to one request
ROWS_SENT = 1_000  # at once: 2 MB of 512 numbers each
_ID, _VECTOR = "id", "vector"
_OURS = "twinlens."  # properties of a collection begin with it
_NO_COLLECTION = (4, 100)  # codes: of older servers, of newer ones
P = ParamSpec("P")
T = TypeVar("T")

logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it prints each failed attempt; we tell the outcome


@dataclass(frozen=True)
class Space:
    """One collection on the server: the vectors of one model.

    Attributes:
        name: the collection's own name, not the alias that points to it.
        dim: D.
        said: what was written to its properties.
    """

    name: str
    dim: int
    said: dict[str, str]


def _told(call: Callable[P, T]) -> Callable[P, T]:
    """Translates errors of the server or of the way to it."""

    @functools.wraps(call)
    def asked(*arguments: P.args, **options: P.kwargs) -> T:
        try:
            return call(*arguments, **options)
        except MilvusException as error:
            server: Any = arguments[0]
            if error.code in _NO_COLLECTION:
                raise VectorsDamagedError(
                    f"a collection is gone from {server.uri}: another process has replaced it"
                ) from error
            server.give_up()
            raise StoreUnavailableError(_why(server.uri, str(error.message))) from error
        except grpc.RpcError as error:  # pymilvus lets through that nothing came back in time
            server = arguments[0]
            server.give_up()
            reason = error.details() if isinstance(error, grpc.Call) else error
            raise StoreUnavailableError(_why(server.uri, str(reason))) from error

    return asked


def _why(uri: str, reason: str) -> str:
    reason = " ".join(reason.split())
    if "auth" in reason.lower() or "permission" in reason.lower():
        return f"the Milvus server at {uri} does not let us in; set {TOKEN}=USER:PASSWORD ({reason:.200})"
    return f"the Milvus server at {uri} does not answer as it should; is it running? ({reason:.200})"


class Server:
    """A connection, which is made again when it was lost.

    Raises:
        StoreUnavailableError: by every method, if the server cannot be reached, refuses, or is too slow.
    """

    def __init__(self, address: Address) -> None:
        self.uri, self._address = address.uri, address
        self._connection: MilvusClient | None = None
        self.list()

    @property
    def _client(self) -> MilvusClient:
        if self._connection is None:
            database = self._address.database
            self._connection = MilvusClient(uri=self.uri, token=token(), db_name=database, timeout=CONNECT_S)
        return self._connection

    def give_up(self) -> None:
        """The next call connects anew: a connection that was lost once is not found again by itself."""
        self._connection = None

    @_told
    def list(self) -> list[str]:
        """Names of the collections on the server."""
        names: list[str] = self._client.list_collections(timeout=ASK_S)
        return names

    @_told
    def space(self, alias: str) -> Space | None:
        """The collection that an alias points to; None if there is none."""
        try:
            told = self._client.describe_collection(alias, timeout=ASK_S)
        except MilvusException as error:
            if error.code in _NO_COLLECTION:
                return None
            raise
        (vector,) = (field for field in told["fields"] if field["name"] == _VECTOR)
        said = {name.removeprefix(_OURS): value for name, value in told["properties"].items() if name.startswith(_OURS)}
        return Space(told["collection_name"], int(vector["params"]["dim"]), said)

    @_told
    def make(self, name: str, *, dim: int, kind: IndexKind, said: dict[str, str]) -> Space:
        """Creates an empty collection, ready to be searched."""
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field(_ID, DataType.INT64, is_primary=True)
        schema.add_field(_VECTOR, DataType.FLOAT_VECTOR, dim=dim)
        index = MilvusClient.prepare_index_params()
        index.add_index(_VECTOR, index_type=kind.name, metric_type="IP", params=dict(kind.built_with))
        self._client.create_collection(
            name, schema=schema, consistency_level="Session", properties=_properties(said), timeout=CALL_S
        )
        self._client.create_index(name, index, timeout=BUILD_S)
        self._client.load_collection(name, timeout=BUILD_S)
        return Space(name, dim, said)

    @_told
    def say(self, space: Space, said: dict[str, str]) -> Space:
        """Writes properties; those not named stay."""
        self._client.alter_collection_properties(space.name, _properties(said), timeout=CALL_S)
        return Space(space.name, space.dim, space.said | said)

    @_told
    def point(self, alias: str, space: Space) -> None:
        """Lets an alias point to a collection, in one step."""
        known = [one for one in self.list() if one.startswith(f"{alias}_")]
        aliased = {one: self._client.list_aliases(one, timeout=CALL_S)["aliases"] for one in known}
        change = (
            self._client.alter_alias if any(alias in one for one in aliased.values()) else self._client.create_alias
        )
        change(space.name, alias, timeout=CALL_S)

    @_told
    def drop_others(self, alias: str, space: Space) -> None:
        """Drops the collections that an alias pointed to before, and what an interrupted update left."""
        for name in self.list():
            if name.startswith(f"{alias}_") and len(name) == len(space.name) and name != space.name:
                self._client.drop_collection(name, timeout=CALL_S)

    @_told
    def put(self, space: Space, ids: Ids, vectors: Embeddings) -> None:
        """Adds or replaces vectors [N, D]."""
        for start in range(0, len(ids), ROWS_SENT):
            part = slice(start, start + ROWS_SENT)
            rows = [
                {_ID: number, _VECTOR: vector}
                for number, vector in zip(ids[part].tolist(), vectors[part].astype(np.float32), strict=True)
            ]
            self._client.upsert(space.name, rows, timeout=CALL_S)

    @_told
    def remove(self, space: Space, ids: Ids) -> None:
        """Removes vectors; those that are not there are no fault."""
        for start in range(0, len(ids), MOST_ROWS):
            self._client.delete(space.name, ids=ids[start : start + MOST_ROWS].tolist(), timeout=CALL_S)

    @_told
    def ids(self, space: Space) -> Ids:
        """All ids, ascending."""
        found: list[Ids] = []
        last = np.iinfo(np.int64).min + 1
        while True:
            rows = self._client.query(
                space.name,
                filter=f"{_ID} > {last}",
                output_fields=[_ID],
                limit=MOST_ROWS,
                consistency_level="Strong",
                timeout=CALL_S,
            )
            found.append(np.sort(np.array([row[_ID] for row in rows], dtype=np.int64)))
            if len(rows) < MOST_ROWS:
                return np.concatenate(found)
            last = int(found[-1][-1])

    @_told
    def vectors(self, space: Space, ids: Ids) -> tuple[Ids, Embeddings]:
        """Ids, ascending, and their vectors [B, D]; without those that are not there.

        Args:
            space: the collection.
            ids: ``ROWS_SENT`` at most.
        """
        rows = self._client.query(
            space.name,
            filter=f"{_ID} in {ids.tolist()}",
            output_fields=[_ID, _VECTOR],
            consistency_level="Strong",
            timeout=CALL_S,
        )
        rows = sorted(rows, key=lambda row: int(row[_ID]))
        vectors = np.array([row[_VECTOR] for row in rows], dtype=np.float32).reshape(len(rows), space.dim)
        return np.array([row[_ID] for row in rows], dtype=np.int64), vectors

    @_told
    def search(
        self, space: Space, query: Embeddings, limit: int, *, condition: str, kind: IndexKind, level: str
    ) -> tuple[Ids, NDArray[np.float32]]:
        """The nearest of those that satisfy a condition, and their inner products."""
        (hits,) = self._client.search(
            space.name,
            data=[query],
            filter=condition,
            limit=limit,
            search_params={
                "metric_type": "IP",
                "params": dict(kind.searched_with(limit, has_condition=bool(condition))),
            },
            consistency_level=level,
            timeout=SEARCH_S,
        )
        return (
            np.array([hit[_ID] for hit in hits], dtype=np.int64),
            np.array([hit["distance"] for hit in hits], dtype=np.float32),
        )


def _properties(said: dict[str, str]) -> dict[str, str]:
    return {f"{_OURS}{name}": value for name, value in said.items()}


@functools.lru_cache(maxsize=8)
def connected(address: Address) -> Server:
    """The connection to a server, shared by all that this process keeps there."""
    return Server(address)
