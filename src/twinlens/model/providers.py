"""What computes a tower: a GPU where ONNX Runtime has one, else the CPU."""

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from twinlens.errors import BundleError, ConfigError

logger = logging.getLogger(__name__)
VARIABLE = "TWINLENS_DEVICE"
AUTO, CPU = "auto", "cpu"
CPU_PROVIDER = "CPUExecutionProvider"
PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",  # AMD's since ONNX Runtime 1.23
    "directml": "DmlExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    CPU: CPU_PROVIDER,
}
"""By the names that people give, in the order in which they are tried."""
UNASKED = tuple(name for name in PROVIDERS if name != "coreml")  # which every build for macOS has, and may round
FLOATS = ("float32", "float16", "fp32", "fp16", "float16 weights")  # kinds of weights that GPUs compute with
_ALONE = {"enable_fallback": 0}  # ONNX Runtime's own way back to the CPU prints to stdout
_OPTIONS = {"CUDAExecutionProvider": {"use_tf32": "0"}}  # TF32 would round to ten bits

MakeSession: TypeAlias = Callable[..., Any]
"""``onnxruntime.InferenceSession``, or what tests put in its place."""


def wanted_device() -> str:
    """What the environment asks for: a name of ``PROVIDERS``, or "auto"."""
    return os.environ.get(VARIABLE, "").strip().lower() or AUTO


def choose_providers(available: Sequence[str], wanted: str = AUTO, *, quantization: str = "float32") -> list[str]:
    """Providers for a tower, the preferred one first, the CPU last.

    Args:
        available: of ``onnxruntime.get_available_providers()``.
        wanted: "auto", or a name of ``PROVIDERS``.
        quantization: the tower's weights; with "auto", those in whole numbers stay on the CPU, for which they are made.

    Raises:
        ConfigError: the name is unknown, or this build of ONNX Runtime has no such provider.

    >>> choose_providers(["CUDAExecutionProvider", "CPUExecutionProvider"])
    ['CUDAExecutionProvider', 'CPUExecutionProvider']
    >>> choose_providers(["CUDAExecutionProvider", "CPUExecutionProvider"], "cpu")
    ['CPUExecutionProvider']
    """
    if wanted == AUTO:
        names = UNASKED if quantization in FLOATS else (CPU,)
        first = next(PROVIDERS[name] for name in names if PROVIDERS[name] in (*available, CPU_PROVIDER))
    elif wanted not in PROVIDERS:
        raise ConfigError(f"{VARIABLE} must be {AUTO} or one of {', '.join(PROVIDERS)}, got {wanted!r}")
    elif (first := PROVIDERS[wanted]) not in (*available, CPU_PROVIDER):
        here = ", ".join(name for name, provider in PROVIDERS.items() if provider in (*available, CPU_PROVIDER))
        raise ConfigError(
            f"{VARIABLE} is {wanted}, but ONNX Runtime here has {here} only; install a build of it that has {wanted}, "
            f"or set {VARIABLE}={AUTO}"
        )
    return list(dict.fromkeys((first, CPU_PROVIDER)))


def device_name(provider: str) -> str:
    """A provider's name for people.

    >>> device_name("CUDAExecutionProvider"), device_name("CPUExecutionProvider")
    ('CUDA', 'CPU')
    """
    return provider.removesuffix("ExecutionProvider")


def open_session(path: Path, *, quantization: str = "float32", make: MakeSession | None = None) -> Any:
    """A graph in ONNX Runtime, on the GPU if there is one that can be used, else on the CPU with one warning.

    Args:
        path: the ONNX file.
        quantization: the tower's weights.
        make: opens a session; None = ONNX Runtime's own.

    Raises:
        ConfigError: the environment asks for what is not here.
        BundleError: ONNX Runtime cannot open the file.
    """
    import onnxruntime  # takes 0.1 s, so only when a tower is needed

    make = make or onnxruntime.InferenceSession
    first, *others = choose_providers(onnxruntime.get_available_providers(), wanted_device(), quantization=quantization)
    reason = ""
    if others:
        try:
            session = make(str(path), _options(first), providers=[(first, _OPTIONS.get(first, {})), *others], **_ALONE)
            if first in session.get_providers():
                return session
            reason = "it did not start"  # ONNX Runtime goes on without a library that it cannot load
        except Exception as error:  # noqa: BLE001 - whatever a driver raises; if the file is to blame, the CPU says so
            reason = str(error)
    try:
        session = make(str(path), _options(CPU_PROVIDER), providers=[CPU_PROVIDER], **_ALONE)
    except Exception as error:
        raise BundleError(f"{path} cannot be opened by ONNX Runtime {onnxruntime.__version__}: {error}") from error
    if reason:
        _warn_once(first, reason)
    return session


def _options(provider: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1  # a batch is shared out among threads, see ``OnnxDualEncoder``
    if provider == "DmlExecutionProvider":
        options.enable_mem_pattern = False  # it refuses to start with it
    return options


def _warn_once(provider: str, reason: str) -> None:
    """Says for a provider, not for each tower, that it cannot be used."""
    if provider not in _warned:
        _warned.add(provider)
        message = "%s cannot be used (%s); the CPU computes instead. %s=%s turns this message off"
        logger.warning(message, device_name(provider), " ".join(reason.split()), VARIABLE, CPU)


_warned: set[str] = set()  # of this process
