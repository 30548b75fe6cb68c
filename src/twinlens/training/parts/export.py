"""Export trained towers to ONNX; see ``quantization`` for smaller weights."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from twinlens.model.bundle import WITH_GRID
from twinlens.training.parts.heads import LinearHead, MlpHead

OPSET = 18
Head: TypeAlias = LinearHead | MlpHead
_FINAL = "_final"
_VERBOSE_LOGGERS = ("torch.onnx", "onnxscript", "onnxruntime.quantization.matmul_nbits_quantizer")


class ImageModel(nn.Module):
    """Tower and head as one graph: pixels → embedding, pooled features and, if the tower has one, the grid."""

    def __init__(self, tower: nn.Module, head: Head) -> None:
        super().__init__()
        self.tower, self.head = tower, head

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """[B, D] embedding, [B, F] features, [B, h, w, D] grid of normalised pixels [B, 3, H, W].

        The grid contains the head's output for each cell, before normalization: with a linear
        head without bias the embedding is the normalized mean of the cells. A tower that does
        not pool by the mean has no grid.
        """
        cells = self._cells(pixels)
        if cells is None:
            features = self.tower(pixels)
            return self.head(features), features
        features = cells.mean(dim=(2, 3))
        rows = self.head.project(cells.permute(0, 2, 3, 1).flatten(0, 2))  # as rows, for an MLP's batch norm
        grid = rows.reshape(-1, *cells.shape[2:], rows.shape[1])
        return self.head(features), features, grid

    def grid_shape(self, image_size: int) -> tuple[int, int] | None:
        """Rows and columns of the grid of a photo; None if there is no grid."""
        with torch.no_grad():
            cells = self._cells(torch.zeros(1, 3, image_size, image_size))
        return None if cells is None else (cells.shape[2], cells.shape[3])

    def _cells(self, pixels: Tensor) -> Tensor | None:
        """[B, F, h, w]; None if the tower has no grid."""
        grid = getattr(self.tower, "grid", None)
        cells: Tensor | None = grid(pixels) if grid else None
        return cells


class TextModel(nn.Module):
    """Tower and head as one graph: tokens → embedding."""

    def __init__(self, tower: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.tower, self.head = tower, head

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """[B, D] embedding of tokens [B, T]."""
        embedding: Tensor = self.head(self.tower(input_ids, attention_mask))
        return embedding


def export_image_model(model: nn.Module, path: Path, *, image_size: int, outputs: tuple[str, ...]) -> None:
    """Writes an image graph for any batch size, with input ``pixels``, and ``with_grid`` if there is a grid."""
    example = (torch.zeros(2, 3, image_size, image_size),)
    _export(model, example, path, inputs=("pixels",), outputs=outputs, shapes=({0: "batch"},))
    if "grid" in outputs:
        _make_grid_optional(path)


def export_text_model(model: nn.Module, path: Path, *, only_length: int | None = None) -> None:
    """Writes the text graph for any batch size and length.

    Args:
        model: the tower with its head.
        path: the file to write.
        only_length: for a model without a mask, whose texts all have this length.
    """
    names: tuple[str, ...] = ("input_ids",) if only_length else ("input_ids", "attention_mask")
    example = tuple(torch.ones(2, only_length or 7, dtype=torch.int64) for _ in names)
    shape = {0: "batch"} if only_length else {0: "batch", 1: "tokens"}
    _export(model, example, path, inputs=names, outputs=("embedding",), shapes=(shape,) * len(names))


def _export(
    model: nn.Module,
    example: tuple[Tensor, ...],
    path: Path,
    *,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    shapes: tuple[dict[int, str], ...],
) -> None:
    with quiet(), torch.no_grad():
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
    """Names the outputs; inner tensors and weights that already have such a name ("embedding") are renamed."""
    model = onnx.load(str(path))
    names = {name: name + "_inside" for name in outputs} | {name + _FINAL: name for name in outputs}
    for node in model.graph.node:
        replace(node.input, [names.get(name, name) for name in node.input])
        replace(node.output, [names.get(name, name) for name in node.output])
    for weight in model.graph.initializer:
        weight.name = names.get(weight.name, weight.name)
    for output in model.graph.output:
        output.name = names[output.name]
    drop_value_info(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _make_grid_optional(path: Path) -> None:
    """Moves the nodes that only the grid needs into a branch controlled by an optional input.

    ONNX Runtime computes all outputs, even those not requested: the grid would cost 4 % of a photo's time.
    """
    model = onnx.load(str(path))
    graph = model.graph
    (grid,) = (output for output in graph.output if output.name == "grid")
    shared = _ancestors(graph, {output.name for output in graph.output} - {"grid"})
    own = [node for node in graph.node if not shared.intersection(node.output)]
    then = helper.make_graph(_renamed(own, "grid", "cells"), "grid", [], [_like(grid, "cells")])
    shape = [0, *(dim.dim_value for dim in grid.type.tensor_type.shape.dim[1:])]
    empty = helper.make_tensor("none", TensorProto.FLOAT, shape, [])
    constant = helper.make_node("Constant", [], ["no_cells"], value=empty)
    otherwise = helper.make_graph(
        [constant], "no_grid", [], [helper.make_tensor_value_info("no_cells", TensorProto.FLOAT, shape)]
    )
    switch = helper.make_node("If", [WITH_GRID], ["grid"], then_branch=then, else_branch=otherwise)
    replace(graph.node, [node for node in graph.node if shared.intersection(node.output)] + [switch])
    graph.input.append(helper.make_tensor_value_info(WITH_GRID, TensorProto.BOOL, []))
    graph.initializer.append(numpy_helper.from_array(np.array(False), WITH_GRID))  # default of the optional input
    drop_value_info(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _ancestors(graph: Any, outputs: set[str]) -> set[str]:
    """Names of all tensors that these outputs depend on, including themselves."""
    found = set(outputs)
    for node in reversed(graph.node):  # nodes are in topological order
        if found.intersection(node.output):
            found.update(node.input)
    return found


def _renamed(nodes: list[Any], name: str, other: str) -> list[Any]:
    for node in nodes:
        replace(node.output, [other if output == name else output for output in node.output])
    return nodes


def _like(output: Any, name: str) -> Any:
    named = onnx.ValueInfoProto()
    named.CopyFrom(output)
    named.name = name
    return named


@contextmanager
def quiet() -> Iterator[None]:
    """Silences the exporter's output and deprecation warnings, and the quantizer's log of each layer."""
    levels = {name: logging.getLogger(name).level for name in _VERBOSE_LOGGERS}
    for name in _VERBOSE_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def replace(field: Any, items: list[Any]) -> None:
    """Replaces the items of a repeated field."""
    del field[:]
    field.extend(items)


def drop_value_info(model: Any) -> None:
    """Drops the exporter's shape annotations, which may refer to removed tensors, and its notes on nodes."""
    del model.graph.value_info[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""


def drop_unused(model: Any) -> None:
    """Drops nodes whose results nothing uses, and weights that no node reads."""
    nodes = list(model.graph.node)
    while True:
        used = {name for node in nodes for name in node.input} | {output.name for output in model.graph.output}
        kept = [node for node in nodes if used & set(node.output)]
        if len(kept) == len(nodes):
            break
        nodes = kept
    replace(model.graph.node, nodes)
    replace(model.graph.initializer, [tensor for tensor in model.graph.initializer if tensor.name in used])


def keep_positions(model: Any, count: int) -> None:
    """Keeps the embeddings of the first positions of a BERT; longer texts are truncated anyway."""
    for tensor in model.graph.initializer:
        if tensor.name.endswith("position_embeddings.weight"):
            rows = numpy_helper.to_array(tensor)[:count]
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(rows), tensor.name))
