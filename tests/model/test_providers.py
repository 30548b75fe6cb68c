"""What computes a tower: chosen from what there is, with the CPU to fall back on."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from twinlens.api.upkeep.doctor import check_up
from twinlens.errors import BundleError, ConfigError
from twinlens.evaluation.speed.measured import measure_speed
from twinlens.model import providers
from twinlens.model.bundle import IMAGE_MODEL
from twinlens.model.graph import Graph
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.providers import PROVIDERS, VARIABLE, choose_providers, open_session

SESSION = onnxruntime.InferenceSession
CPU, CUDA, DML, COREML = (PROVIDERS[name] for name in ("cpu", "cuda", "directml", "coreml"))


@pytest.mark.parametrize(
    ("available", "wanted", "quantization", "chosen"),
    [
        ([CPU], "auto", "float32", [CPU]),
        (["AzureExecutionProvider", CPU], "auto", "float32", [CPU]),
        (["TensorrtExecutionProvider", CUDA, CPU], "auto", "fp16", [CUDA, CPU]),
        ([DML, CPU], "auto", "float16 weights", [DML, CPU]),
        ([CUDA, CPU], "auto", "int8 weights, int4 words", [CPU]),  # made for CPUs
        ([CUDA, CPU], "cuda", "int8 weights, int4 words", [CUDA, CPU]),
        ([CUDA, CPU], "cpu", "float32", [CPU]),
        ([COREML, CPU], "auto", "float32", [CPU]),  # only on request: it rounds
        ([COREML, CPU], "coreml", "float32", [COREML, CPU]),
    ],
)
def test_the_first_is_a_gpu_where_that_helps_and_the_last_the_cpu(
    available: list[str], wanted: str, quantization: str, chosen: list[str]
) -> None:
    assert choose_providers(available, wanted, quantization=quantization) == chosen


def test_what_is_unknown_or_not_here_is_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"must be auto or one of cuda, .*, cpu, got 'gpu'"):
        choose_providers([CPU], "gpu")
    with pytest.raises(ConfigError, match=r"is cuda, but ONNX Runtime here has directml, cpu only"):
        choose_providers([DML, CPU], "cuda")


@pytest.fixture
def with_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime says that it has CUDA; what it was warned of before is forgotten."""
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(providers, "_warned", set())


class NoDriver:
    """Opens sessions, but none on a GPU: raises, or silently leaves it out."""

    def __init__(self, *, is_silent: bool) -> None:
        self.is_silent, self.asked = is_silent, list[str]()

    def __call__(self, path: str, options: Any, *, providers: list[Any], **others: Any) -> Any:
        assert others == {"enable_fallback": 0}, "ONNX Runtime would print to stdout"
        names = [one if isinstance(one, str) else one[0] for one in providers]
        self.asked.append(names[0])
        if names[0] != CPU and not self.is_silent:
            raise RuntimeError("no CUDA-capable\ndevice is detected")
        return onnxruntime.InferenceSession(path, options, providers=[CPU], **others)


@pytest.mark.parametrize("is_silent", [False, True])
def test_a_gpu_that_does_not_start_is_told_once_and_the_cpu_computes(
    tiny_bundle: Any, with_cuda: None, caplog: pytest.LogCaptureFixture, is_silent: bool
) -> None:
    make = NoDriver(is_silent=is_silent)
    path = tiny_bundle.directory / IMAGE_MODEL
    with caplog.at_level(logging.WARNING):
        sessions = [open_session(path, make=make) for _ in range(2)]
    assert make.asked == [CUDA, CPU, CUDA, CPU]
    assert [session.get_providers() for session in sessions] == [[CPU], [CPU]]
    reason = "it did not start" if is_silent else "no CUDA-capable device is detected"
    assert caplog.messages == [
        f"CUDA cannot be used ({reason}); the CPU computes instead. TWINLENS_DEVICE=cpu turns this message off"
    ]


def test_it_is_switched_off_by_the_environment(
    tiny_bundle: Any, with_cuda: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, " CPU ")
    make = NoDriver(is_silent=False)
    open_session(tiny_bundle.directory / IMAGE_MODEL, make=make)
    assert make.asked == [CPU]


def test_a_damaged_graph_is_not_blamed_on_the_gpu(
    tmp_path: Path, with_cuda: None, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "image.onnx").write_bytes(b"no graph")
    with pytest.raises(BundleError, match=r"image\.onnx cannot be opened"):
        open_session(tmp_path / "image.onnx", make=NoDriver(is_silent=False))
    assert caplog.messages == []


class OnCuda:
    """A session of the CPU that says that it is one of CUDA's."""

    def __init__(self, path: str, options: Any, **others: Any) -> None:
        self._session = SESSION(path, options, providers=[CPU])

    def get_providers(self) -> list[str]:
        return [CUDA, CPU]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def test_an_encoder_and_its_figures_say_what_computed_them(
    tiny_bundle: Any, with_cuda: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.zeros((3, 16, 16, 3), dtype=np.uint8)
    on_cpu = OnnxDualEncoder(tiny_bundle).encode_pixels(pixels).embeddings
    monkeypatch.setattr(onnxruntime, "InferenceSession", OnCuda)
    encoder = OnnxDualEncoder(tiny_bundle, threads=2)
    np.testing.assert_array_equal(encoder.encode_pixels(pixels).embeddings, on_cpu)
    assert measure_speed(encoder).computed_on == "CUDA"


def test_a_graph_on_the_cpu_says_so(tiny_bundle: Any) -> None:
    graph = Graph(tiny_bundle.directory / IMAGE_MODEL, inputs=("pixels",), outputs={})
    assert graph.computed_on == "CPU"


def test_the_doctor_says_what_there_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("twinlens.api.upkeep.doctor.known_bundles", dict)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, COREML, CPU])
    found = {finding.what: finding for finding in check_up()}["device"]
    assert (found.ok, found.detail) == (True, "CUDA (TWINLENS_DEVICE=auto); there is also CoreML, CPU")
    monkeypatch.setenv(VARIABLE, "directml")
    found = {finding.what: finding for finding in check_up()}["device"]
    assert (found.ok, found.remedy) == (False, "set TWINLENS_DEVICE=auto")
