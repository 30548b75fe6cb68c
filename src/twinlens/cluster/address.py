"""Addresses of Ray clusters, and whether a cluster that can be used answers at one."""

import os
import socket
from typing import Any
from urllib.parse import urlsplit

from twinlens.errors import ClusterError, ConfigError

LOCAL, AUTO = "local", "auto"
REACH_S = 10.0  # to open a connection: a machine that is there answers in milliseconds
WANTED = "give local, auto, HOST:PORT or ray://HOST:PORT"
TOKEN = "set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN to what 'ray get-auth-token' prints there"

_CLIENT, _NODE = "/ray.rpc.RayletDriver/ClusterInfo", "/ray.rpc.NodeInfoGcsService/CheckAlive"  # calls that tell a port


def host_of(address: str) -> tuple[str, int] | None:
    """Host and port of an address; None for Ray on this machine.

    Raises:
        ConfigError: that is no address.
    """
    if address in (LOCAL, AUTO):
        return None
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or parts.scheme not in ("", "ray") or parts.path not in ("", "/"):
        raise ConfigError(f"{address!r} is no address of Ray; {WANTED}")
    if port is None:
        usual = 10001 if parts.scheme else 6379
        raise ConfigError(f"{address!r} names no port, which usually is {usual}; {WANTED}")
    return host, port


def reach(address: str, host: str, port: int) -> bool:
    """Whether the cluster asks for a token. Where Ray itself would try for half a minute, this fails soon.

    Raises:
        ClusterError: nobody answers, or something else than Ray; or only one side has a token.
    """
    try:
        socket.create_connection((host, port), timeout=REACH_S).close()
    except OSError as error:
        why = "does not answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
        raise ClusterError(f"Ray at {address} cannot be reached: {why}; is it running ('ray status') there?") from error
    if os.environ.get("RAY_USE_TLS", "0") != "0":
        return False  # Ray knows the certificates
    wants_token = _asks_for_token(address, host, port)
    has_token = os.environ.get("RAY_AUTH_MODE", "").lower() == "token"
    if wants_token and not has_token:
        raise ClusterError(f"Ray at {address} asks for a token; {TOKEN}")
    if has_token and wants_token is False and "://" not in address:  # this process would expect it of the workers
        raise ClusterError(f"Ray at {address} has no token, but this machine has one; set RAY_AUTH_MODE=disabled")
    return bool(wants_token)


def _asks_for_token(address: str, host: str, port: int) -> bool | None:
    """None if that cannot be told."""
    import grpc

    at = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    wanted, other = (_CLIENT, _NODE) if "://" in address else (_NODE, _CLIENT)
    with grpc.insecure_channel(at, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=REACH_S)
        except grpc.FutureTimeoutError as error:
            raise ClusterError(
                f"what answers at {address} is not Ray; {WANTED}, usually port 6379 and 10001"
            ) from error
        unknown = grpc.StatusCode.UNIMPLEMENTED
        answer = _answer(channel, wanted)
        if answer == unknown and _answer(channel, other) != unknown:
            raise ClusterError(f"the port of {address} is for addresses with{'out' if '://' in address else ''} ray://")
        return {grpc.StatusCode.UNAUTHENTICATED: True, grpc.StatusCode.OK: False}.get(answer)


def _answer(channel: Any, method: str) -> Any:
    """The status of a call that asks nothing and sends no token."""
    import grpc

    try:
        channel.unary_unary(method)(b"", timeout=REACH_S)
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK
