"""Smaller weights in exported graphs: float16 for images, 8 or 4 bits for texts."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import onnx
from ml_dtypes import int4
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from twinlens.errors import TrainingError
from twinlens.training.parts.export import drop_unused, drop_value_info, quiet, replace

Bits: TypeAlias = Literal[4, 8]
Weights: TypeAlias = Literal["float32", "float16", "int8", "int4"]
"""How a bundle's graphs store their weights."""

BLOCK = 32  # weights that share a scale
MATRIX_PRODUCT = "MatMulNBits"
MICROSOFT = "com.microsoft"  # domain of ONNX Runtime's own operators


def store_weights_as_float16(source: Path, target: Path) -> None:
    """Halves the size of a graph: weights are stored as float16 and cast to float32 when it is loaded.

    All arithmetic remains float32, which is faster on a CPU.
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
    replace(model.graph.initializer, kept)
    replace(model.graph.node, casts + list(model.graph.node))
    drop_value_info(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(target))


def quantize_text(source: Path, target: Path, *, layers: Bits = 8, words: Bits = 8) -> None:
    """Makes a text graph a quarter or an eighth as large; scales and all other weights become float16.

    Args:
        source: the float32 graph.
        target: the file to write.
        layers: bits of the layers' weights, in blocks of 32 with a scale each. Layers that came in 4 bits and were not
            trained since get 4 bits in any case, which lose nothing.
        words: bits of the word embeddings: 8 with a scale per row, or 4 in blocks of 32 with a float16 scale each; 8 in
            any case for a table whose width is no multiple of 32.
    """
    model = onnx.load(str(source))
    _quantize_word_embeddings(model, words)
    in_4_bits, others = _layers_in_4_bits(model)
    if in_4_bits:
        model = _with_small_layers(model, 4, without=others)
    model = _with_small_layers(model, layers)
    with tempfile.TemporaryDirectory() as folder:
        partial = Path(folder) / "text.onnx"
        onnx.save(model, str(partial))
        store_weights_as_float16(partial, target)


def quantize_layers(source: Path, target: Path, *, bits: Bits) -> None:
    """Makes the layers' weights of an image graph smaller, in blocks of 32 with a scale each, and others float16."""
    model = _with_small_layers(onnx.load(str(source)), bits)
    with tempfile.TemporaryDirectory() as folder:
        partial = Path(folder) / "image.onnx"
        onnx.save(model, str(partial))
        store_weights_as_float16(partial, target)


def in_float32(model: Any) -> Any:
    """The graph with the weights that ``quantize_text`` stored in 8 bits as float32 again, to quantize them otherwise.

    Raises:
        TrainingError: a layer is stored in other than 8 bits.
    """
    _drop_casts(model)
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    nodes, tables = [], []
    for node in model.graph.node:
        given = node.input[0] if node.input else ""
        if node.op_type == MATRIX_PRODUCT:
            tables.append(numpy_helper.from_array(_matrix(node, weights), node.input[1] + "_float32"))
            nodes.append(
                helper.make_node(
                    "MatMul", [given, tables[-1].name], list(node.output), name=node.name or node.output[0]
                )
            )
        elif node.op_type == "Gather" and given.endswith("_int8"):
            name = given.removesuffix("_int8")
            scales = weights[name + "_scale"].astype(np.float32)
            tables.append(numpy_helper.from_array(weights[given] * scales, name))
            nodes.append(helper.make_node("Gather", [name, node.input[1]], [node.output[0].removesuffix("_int8")]))
        else:
            nodes.append(node)
    made = {output for node in nodes if node.op_type == "Gather" for output in node.output}
    nodes = [node for node in nodes if node.op_type == "Gather" or not made & set(node.output)]  # rows × scales
    replace(model.graph.node, nodes)
    replace(model.graph.initializer, [*model.graph.initializer, *tables])
    drop_unused(model)
    return model


def _drop_casts(model: Any) -> None:
    """Undoes ``store_weights_as_float16``: its weights are float32 under the names that the other nodes read."""
    halves = {tensor.name: tensor for tensor in model.graph.initializer if tensor.data_type == TensorProto.FLOAT16}
    casts = [node for node in model.graph.node if node.op_type == "Cast" and node.input[0] in halves]
    whole = [
        numpy_helper.from_array(numpy_helper.to_array(halves[cast.input[0]]).astype(np.float32), cast.output[0])
        for cast in casts
    ]
    replace(model.graph.node, [node for node in model.graph.node if node not in casts])
    model.graph.initializer.extend(whole)


def _matrix(node: Any, weights: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
    """[K, N], the weights of a product by small whole numbers and scales."""
    stated = {attribute.name: attribute.i for attribute in node.attribute}
    if stated["bits"] != 8:
        raise TrainingError(f"{node.name} has weights of {stated['bits']} bits, 8 expected")
    codes = weights[node.input[1]].reshape(stated["N"], -1, stated["block_size"]).astype(np.float32) - 128
    rows = codes * weights[node.input[2]].astype(np.float32).reshape(stated["N"], -1, 1)
    return np.ascontiguousarray(rows.reshape(stated["N"], -1)[:, : stated["K"]].T)


def _layers_in_4_bits(model: Any) -> tuple[list[str], list[str]]:
    """Names of the matrix products whose weights are exactly what 4 bits can hold, and of the others."""
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    exact: list[str] = []
    others: list[str] = []
    for node in model.graph.node:
        if node.op_type != "MatMul" or node.input[1] not in weights:
            continue
        rows = numpy_helper.to_array(weights[node.input[1]]).T
        if rows.shape[1] % BLOCK:
            others.append(node.name)
            continue
        codes, scales = quantize_blocks(rows)
        kept = codes.reshape(*scales.shape, BLOCK) * scales[:, :, None].astype(np.float32)
        (exact if np.array_equal(kept.reshape(rows.shape), rows) else others).append(node.name)
    return exact, others


def _with_small_layers(model: Any, bits: Bits, *, without: Sequence[str] = ()) -> Any:
    """The graph with the weights of its matrix products in so many bits, but for the products named."""
    from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

    config = DefaultWeightOnlyQuantConfig(block_size=BLOCK, is_symmetric=True, accuracy_level=4, bits=bits)
    with quiet():
        quantizer = MatMulNBitsQuantizer(model, algo_config=config, nodes_to_exclude=list(without))
        quantizer.process()
    return quantizer.model.model


def _quantize_word_embeddings(model: Any, bits: Bits) -> None:
    """Replaces the largest table read by a Gather by small weights and scales."""
    tables = {tensor.name: tensor for tensor in model.graph.initializer}
    gathers = [node for node in model.graph.node if node.op_type == "Gather" and node.input[0] in tables]
    gather = max(gathers, key=lambda node: int(np.prod(tables[node.input[0]].dims)))
    table = numpy_helper.to_array(tables[gather.input[0]])
    if table.shape[1] % BLOCK:
        bits = 8
    model.graph.initializer.remove(tables[gather.input[0]])
    weights, nodes = (_rows_of_8_bits if bits == 8 else _blocks_of_4_bits)(gather, table)
    model.graph.initializer.extend(weights)
    position = list(model.graph.node).index(gather)
    every = list(model.graph.node)
    replace(model.graph.node, every[:position] + nodes + every[position + 1 :])
    if bits == 4 and all(opset.domain != MICROSOFT for opset in model.opset_import):
        model.opset_import.append(helper.make_opsetid(MICROSOFT, 1))
    drop_value_info(model)


def _rows_of_8_bits(gather: Any, table: NDArray[np.float32]) -> tuple[list[Any], list[Any]]:
    name, indices, output = gather.input[0], gather.input[1], gather.output[0]
    rows, scales = quantize_rows(table)
    weights = [numpy_helper.from_array(rows, name + "_int8"), numpy_helper.from_array(scales, name + "_scale")]
    nodes = [
        helper.make_node("Gather", [name + "_int8", indices], [output + "_int8"]),
        helper.make_node("Cast", [output + "_int8"], [output + "_float"], to=TensorProto.FLOAT),
        helper.make_node("Gather", [name + "_scale", indices], [output + "_scale"]),
        helper.make_node("Mul", [output + "_float", output + "_scale"], [output]),
    ]
    return weights, nodes


def _blocks_of_4_bits(gather: Any, table: NDArray[np.float32]) -> tuple[list[Any], list[Any]]:
    name, indices, output = gather.input[0], gather.input[1], gather.output[0]
    codes, scales = quantize_blocks(table)
    weights = [
        numpy_helper.from_array(codes.astype(int4), name + "_int4"),
        numpy_helper.from_array(scales, name + "_scale"),
    ]
    options = {"gather_axis": 0, "quantize_axis": 1, "block_size": BLOCK}
    inputs = [name + "_int4", indices, name + "_scale"]
    nodes = [
        helper.make_node("GatherBlockQuantized", inputs, [output + "_float16"], domain=MICROSOFT, **options),
        helper.make_node("Cast", [output + "_float16"], [output], to=TensorProto.FLOAT),
    ]
    return weights, nodes


def quantize_rows(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """[N, F] float32 → int8 rows [N, F] and a scale per row [N, 1]; rows × scales approximate the table."""
    scales = np.abs(table).max(axis=1, keepdims=True).clip(min=1e-12).astype(np.float32) / 127
    return np.rint(table / scales).astype(np.int8), scales


def quantize_blocks(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """[N, F] float32 → whole numbers from -8 to 7 [N, F] and a float16 scale per 32 of them [N, F / 32].

    A block's scale is its weight of the largest magnitude divided by -8, as in llama.cpp's q4_0, so that a table which
    was quantized so before stays exactly as it is.
    """
    blocks = table.reshape(len(table), -1, BLOCK)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=2)[:, :, None], axis=2)
    scales = (largest / -8).astype(np.float16)  # [N, F / 32, 1]
    divisors = np.where(scales == 0, 1, scales).astype(np.float32)
    codes = np.rint(blocks / divisors).clip(-8, 7).astype(np.int8)
    return codes.reshape(table.shape), scales[:, :, 0]
