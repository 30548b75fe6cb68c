"""A client that sends a large body, and sees an answer that comes before it has sent all."""

import select
import socket

PATIENCE_S = 60
PIECE = b"x" * 65_536


def answer_while_sending(port: int, path: str, length: int, *, host: str = "localhost", key: str = "") -> bytes:
    """What comes back, up to the end of the connection; an announced body of zeros of a form is sent meanwhile."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\nContent-Length: {length}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        connection.sendall(head.encode())
        while True:
            readable, writable, _ = select.select([connection], [connection] if length > 0 else [], [], PATIENCE_S)
            assert readable or writable, "nothing happens any more"
            if readable:
                piece = connection.recv(65_536)
                if not piece:
                    return got
                got += piece
            elif writable:
                length -= connection.send(PIECE[:length])


def answer_after_sending(port: int, path: str, length: int) -> bytes:
    """The same of a client that reads nothing before it has sent all, as simple ones do."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        connection.sendall(head.encode())
        while length > 0:
            connection.sendall(PIECE[:length])
            length -= len(PIECE)
        return connection.makefile("rb").read()
