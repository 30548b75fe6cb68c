"""Read one array from a .npy or .safetensors file; pickles are never opened."""

import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from twinlens.errors import DataError
from twinlens.evaluation.embedding_file import UNREADABLE

PICKLED = (".pt", ".pth", ".bin", ".pkl", ".pickle", ".joblib")  # opening one runs whatever its author wrote
MAX_HEADER_BYTES = 100_000_000  # the limit of the safetensors format
NUMBERS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}  # bfloat16 is the upper half of a float32


def read_array(path: Path) -> NDArray[Any]:
    """The array in a file, as stored; bfloat16 becomes float32.

    Raises:
        DataError: the file is missing or damaged, is a pickle, or does not hold exactly one array.
    """
    suffix = path.suffix.lower()
    if suffix in PICKLED:
        raise DataError(
            f"{path} is a pickle, which could run any program when it is opened; "
            "save the vectors with numpy.save or as safetensors"
        )
    if suffix not in (".npy", ".safetensors"):
        raise DataError(f"{path} is not an array of vectors; expected a .npy or a .safetensors file")
    try:
        with path.open("rb") as file:
            return _read_safetensors(file, path) if suffix == ".safetensors" else _read_npy(file)
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing") from error
    except (*UNREADABLE, KeyError, TypeError, RecursionError) as error:
        # NumPy's own message suggests unpickling
        raise DataError(f"{path} is not a readable {suffix} file of plain numbers") from error


def _read_npy(file: BinaryIO) -> NDArray[Any]:
    array = np.load(file, allow_pickle=False)
    if not isinstance(array, np.ndarray):
        raise ValueError("an npz file")
    return array


def _read_safetensors(file: BinaryIO, path: Path) -> NDArray[Any]:
    """Eight bytes with the length of a JSON header, the header, and the numbers; see the format's description.

    https://github.com/huggingface/safetensors#format
    """
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= MAX_HEADER_BYTES:
        raise ValueError("no header")
    header = json.loads(file.read(length))
    names = [name for name in header if name != "__metadata__"]
    if len(names) != 1:
        raise DataError(f"{path} must hold one array, got {', '.join(names[:5]) or 'none'}; save the vectors alone")
    entry = header[names[0]]
    kind = entry["dtype"]
    if kind not in NUMBERS:
        raise DataError(f"{path} must hold floating point numbers, got {kind}; save the vectors as float32")
    start, end = entry["data_offsets"]
    file.seek(8 + length + start)
    if min(start, end - start, *entry["shape"]) < 0 or end > path.stat().st_size:
        raise ValueError("a shape that no array has")
    numbers = np.frombuffer(file.read(end - start), dtype=NUMBERS[kind])
    if kind == "BF16":
        numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
    return numbers.reshape(entry["shape"])
