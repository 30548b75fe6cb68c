"""One tower's graph, open in ONNX Runtime."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlens.errors import BundleError
from twinlens.model.providers import CPU_PROVIDER, device_name, open_session

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}


class Graph:
    """A graph whose inputs and outputs are selected by name; safe to share between threads.

    Args:
        path: the ONNX file.
        inputs: names that the graph must have.
        outputs: name → length of the last dimension, as the manifest states it.
        quantization: kind of its weights, by which a GPU is chosen or not.

    Raises:
        BundleError: ONNX Runtime cannot open it, or an input or output is missing or differs.
    """

    def __init__(
        self, path: Path, *, inputs: Sequence[str], outputs: Mapping[str, int], quantization: str = "float32"
    ) -> None:
        self._session = open_session(path, quantization=quantization)
        provider = self._session.get_providers()[0]
        self.computed_on = device_name(provider)
        """What computes it, such as "CPU" or "CUDA"."""
        # a GPU computes one batch after the other anyway, and DirectML allows no other
        self._turn = nullcontext() if provider == CPU_PROVIDER else threading.Lock()
        optional = self._session.get_overridable_initializers()  # inputs with a default, such as ``with_grid``
        self._types = {given.name: given.type for given in (*self._session.get_inputs(), *optional)}
        found = {output.name: output.shape[-1] if output.shape else None for output in self._session.get_outputs()}
        for name, wanted in outputs.items():
            length = found.get(name)
            if name not in found or (isinstance(length, int) and length != wanted):  # a name means a dynamic dimension
                raise BundleError(
                    f"{path} does not match its manifest: expected output {name!r} of length {wanted}, got {found}; "
                    "export the model again"
                )
        for name in inputs:
            if self._types.get(name) not in _TYPES:
                raise BundleError(
                    f"{path} does not match its manifest: expected input {name!r}, got {self._types}; "
                    "export the model again"
                )
        shapes = {given.name: given.shape for given in self._session.get_inputs()}
        first = shapes[inputs[0]][:1]
        self.batch: int | None = first[0] if first and isinstance(first[0], int) else None
        """Number of items that the graph takes at a time; None = any."""

    def run(self, outputs: Sequence[str], inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """Those outputs; an input is converted to the type that the graph takes."""
        given: dict[str, NDArray[Any]] = {
            name: value.astype(_TYPES[self._types[name]], copy=False) for name, value in inputs.items()
        }
        with self._turn:
            computed: list[NDArray[np.float32]] = self._session.run(list(outputs), given)
        return computed
