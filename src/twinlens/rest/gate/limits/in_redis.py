"""Requests counted on a Redis server, by all processes that use it together."""

import hashlib
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from twinlens.errors import ConfigError
from twinlens.rest.gate.limits.allowance import DAY_S, Allowance, Counts, Refused

SCHEMES = ("redis", "rediss", "unix")
TIMEOUT_S = 1.0  # a request waits no longer for its count; a busy process may not look for so long
PREFIX = "twinlens"
# The same rule as ``RateLimit``, as one step for all processes, by the clock of the Redis server. An answer of
# {"minute" or "day", seconds to wait}, or {"", 0}.
_TAKE = """
local per_minute, per_day, cost, until_day = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
if per_day > 0 and tonumber(redis.call('GET', KEYS[2]) or '0') >= per_day then
  return {'day', tonumber(until_day)}
end
if per_minute > 0 then
  local time = redis.call('TIME')
  local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
  local left = per_minute
  local known = redis.call('HMGET', KEYS[1], 'left', 'since')
  if known[1] then
    left = math.min(per_minute, tonumber(known[1]) + (now - tonumber(known[2])) * per_minute / 60)
  end
  local needed = cost
  if cost > 1 then needed = math.min(cost, per_minute - 1) end
  if left < needed then
    return {'minute', math.ceil((needed - left) * 60 / per_minute)}
  end
  redis.call('HSET', KEYS[1], 'left', string.format('%.6f', left - cost), 'since', string.format('%.6f', now))
  redis.call('EXPIRE', KEYS[1], math.ceil((per_minute - left + cost) * 60 / per_minute) + 1)
end
if per_day > 0 then
  redis.call('INCRBYFLOAT', KEYS[2], ARGV[3])
  redis.call('EXPIRE', KEYS[2], tonumber(until_day) + 60)
end
return {'', 0}
"""


class CountsInRedis(Counts):
    """Counts on a Redis server; who asks is kept there only as a hash.

    Args:
        url: such as ``redis://:password@host:6379/0``, ``rediss://…`` with TLS, or ``unix:///run/redis.sock``.
        clock: seconds since 1970, UTC; says which day it is.

    Raises:
        ConfigError: it is no such address, or the package is not installed.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        _check(url)
        self._clock = clock
        try:
            from redis.asyncio import Redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff
        except ImportError as error:
            raise ConfigError(
                'limits shared by Redis need the package redis, which is not installed: pip install "twinlens[redis]"'
            ) from error
        try:
            self._client: Any = Redis.from_url(
                url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
            )
        except ValueError as error:  # its message may have the password
            raise ConfigError(f"--limits is no address of a Redis server: {_without_password(url)}") from error
        self._take = self._client.register_script(_TAKE)

    async def take(self, caller: str, cost: float, allowance: Allowance) -> Refused | None:
        """See ``Counts``.

        Raises:
            redis.RedisError, OSError, TimeoutError: the server does not answer as it should.
        """
        now = self._clock()
        day = int(now // DAY_S)
        name = hashlib.sha256(caller.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        keys = [f"{PREFIX}:{{{name}}}:minute", f"{PREFIX}:{{{name}}}:{day}"]  # in braces: on one server of a cluster
        until_day = int((day + 1) * DAY_S - now) + 1
        of, wait = await self._take(keys=keys, args=[allowance.per_minute, allowance.per_day, f"{cost:.6f}", until_day])
        return Refused("day" if of == b"day" else "minute", int(wait)) if of else None

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in SCHEMES and bool(parts.path if parts.scheme == "unix" else parts.hostname)
        is_address = is_address and (parts.scheme == "unix" or parts.port != 0)
    except ValueError:
        is_address = False
    if not is_address:
        raise ConfigError(
            f"--limits must be the address of a Redis server, such as redis://127.0.0.1:6379/0, "
            f"got {_without_password(url)}"
        )


def _without_password(url: str) -> str:
    before, at, after = url.rpartition("@")
    return f"{before.partition('://')[0]}://…@{after}" if at else repr(url)
