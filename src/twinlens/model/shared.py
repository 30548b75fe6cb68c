"""Models that are open in this process: collections with the same model hold it once."""

import threading
from typing import TypeAlias
from weakref import WeakValueDictionary

from twinlens.model.bundle import Bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.providers import wanted_device

_Files: TypeAlias = tuple[tuple[str, int, int], ...]
_open: WeakValueDictionary[tuple[str, _Files, int | None, str], OnnxDualEncoder] = WeakValueDictionary()
_turn = threading.Lock()


def shared_encoder(bundle: Bundle, *, threads: int | None = None) -> OnnxDualEncoder:
    """The encoder of a bundle that is in use here already, or a new one.

    A bundle whose files have changed since is another one, and so is one on another device.
    """
    folder = bundle.directory.resolve()
    files = tuple(
        (file.name, stat.st_mtime_ns, stat.st_size) for file in sorted(folder.iterdir()) for stat in (file.stat(),)
    )
    key = (str(folder), files, threads, wanted_device())
    with _turn:
        encoder = _open.get(key)
        if encoder is None:
            encoder = _open[key] = OnnxDualEncoder(bundle, threads=threads)
    return encoder
