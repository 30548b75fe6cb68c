"""From trained towers to a model bundle: ONNX graphs, quantised weights."""

import io
import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

OPSET = 18
_FINAL = "_final"
_TALKATIVE = ("torch.onnx", "onnxruntime.quantization.matmul_nbits_quantizer")


class ImageModel(nn.Module):
    """Backbone and head as one graph: pixels → embedding and pooled features."""

    def __init__(self, tower: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.tower, self.head = tower, head

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """[B, D] embedding and [B, F] features of normalised pixels [B, 3, H, W]."""
        features = self.tower(pixels)
        return self.head(features), features


class TextModel(nn.Module):
    """Backbone and head as one graph: tokens → embedding."""

    def __init__(self, tower: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.tower, self.head = tower, head

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """[B, D] embedding of tokens [B, T]."""
        embedding: Tensor = self.head(self.tower(input_ids, attention_mask))
        return embedding


def export_image_model(model: nn.Module, path: Path, *, image_size: int, outputs: tuple[str, ...]) -> None:
    """Writes an image graph with any batch size; input ``pixels``."""
    example = (torch.zeros(2, 3, image_size, image_size),)
    _export(model, example, path, inputs=("pixels",), outputs=outputs, shapes=({0: "batch"},))


def export_text_model(model: TextModel, path: Path) -> None:
    """Writes the text graph with any batch size and length."""
    example = (torch.ones(2, 7, dtype=torch.int64), torch.ones(2, 7, dtype=torch.int64))
    shape = {0: "batch", 1: "tokens"}
    _export(model, example, path, inputs=("input_ids", "attention_mask"), outputs=("embedding",), shapes=(shape, shape))


def _export(
    model: nn.Module,
    example: tuple[Tensor, ...],
    path: Path,
    *,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    shapes: tuple[dict[int, str], ...],
) -> None:
    with _quiet(), torch.no_grad():
        torch.onnx.export(
            model.eval(),
            example,
            str(path),
            input_names=list(inputs),
            output_names=[name + _FINAL for name in outputs],
            dynamic_shapes=shapes,
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
        )
    _name_outputs(path, outputs)


def _name_outputs(path: Path, outputs: tuple[str, ...]) -> None:
    """Gives the outputs their names; a tensor inside that has one of them (a layer called "embedding") gets another."""
    model = onnx.load(str(path))
    names = {name: name + "_inside" for name in outputs} | {name + _FINAL: name for name in outputs}
    for node in model.graph.node:
        _replace(node.input, [names.get(name, name) for name in node.input])
        _replace(node.output, [names.get(name, name) for name in node.output])
    for output in model.graph.output:
        output.name = names[output.name]
    _drop_value_info(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter tells its steps on stdout and warns of its own deprecations; the quantiser logs each layer."""
    levels = {name: logging.getLogger(name).level for name in _TALKATIVE}
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def store_weights_as_float16(source: Path, target: Path) -> None:
    """Halves a graph's size: weights are stored as float16 and cast to float32 when it is loaded.

    All arithmetic stays float32, which is the faster of the two on a CPU.
    """
    model = onnx.load(str(source))
    kept, casts = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < 256:
            kept.append(tensor)
            continue
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if not np.isfinite(half).all():
            raise ValueError(f"{tensor.name} has weights outside the range of float16")
        kept.append(numpy_helper.from_array(half, tensor.name + "_float16"))
        casts.append(helper.make_node("Cast", [tensor.name + "_float16"], [tensor.name], to=TensorProto.FLOAT))
    _replace(model.graph.initializer, kept)
    _replace(model.graph.node, casts + list(model.graph.node))
    _drop_value_info(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(target))


def quantize_text_int8(source: Path, target: Path) -> None:
    """A quarter of a text graph's size: 8-bit weights in blocks, 8-bit word embeddings with a scale a row."""
    from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

    model = onnx.load(str(source))
    _quantize_word_embeddings(model)
    config = DefaultWeightOnlyQuantConfig(block_size=32, is_symmetric=True, accuracy_level=4, bits=8)
    with _quiet():
        quantizer = MatMulNBitsQuantizer(model, algo_config=config)
        quantizer.process()
    with tempfile.TemporaryDirectory() as folder:
        partial = Path(folder) / "text.onnx"
        quantizer.model.save_model_to_file(str(partial), use_external_data_format=False)
        target.write_bytes(partial.read_bytes())


def _quantize_word_embeddings(model: Any) -> None:
    """Replaces the largest table read by a Gather: int8 rows × one float32 scale a row."""
    tables = {tensor.name: tensor for tensor in model.graph.initializer}
    gathers = [node for node in model.graph.node if node.op_type == "Gather" and node.input[0] in tables]
    gather = max(gathers, key=lambda node: int(np.prod(tables[node.input[0]].dims)))
    name, indices, output = gather.input[0], gather.input[1], gather.output[0]
    rows, scales = quantize_rows(numpy_helper.to_array(tables[name]))
    model.graph.initializer.remove(tables[name])
    model.graph.initializer.append(numpy_helper.from_array(rows, name + "_int8"))
    model.graph.initializer.append(numpy_helper.from_array(scales, name + "_scale"))
    position = list(model.graph.node).index(gather)
    replacement = [
        helper.make_node("Gather", [name + "_int8", indices], [output + "_int8"]),
        helper.make_node("Cast", [output + "_int8"], [output + "_float"], to=TensorProto.FLOAT),
        helper.make_node("Gather", [name + "_scale", indices], [output + "_scale"]),
        helper.make_node("Mul", [output + "_float", output + "_scale"], [output]),
    ]
    nodes = list(model.graph.node)
    _replace(model.graph.node, nodes[:position] + replacement + nodes[position + 1 :])
    _drop_value_info(model)


def quantize_rows(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """[N, F] float32 as int8 rows [N, F] and one scale a row [N, 1]; rows × scales approximate the table."""
    scales = np.abs(table).max(axis=1, keepdims=True).clip(min=1e-12).astype(np.float32) / 127
    return np.rint(table / scales).astype(np.int8), scales


def _replace(field: Any, items: list[Any]) -> None:
    del field[:]
    field.extend(items)


def _drop_value_info(model: Any) -> None:
    # the exporter's shape notes name tensors that are no longer there
    del model.graph.value_info[:]
