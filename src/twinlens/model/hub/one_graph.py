"""Split a graph that has both towers into one for photos and one for texts, without the ``onnx`` package."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from twinlens.errors import BundleError
from twinlens.model.hub.wire import Field, fields, head, mapped

# field numbers of onnx.proto
_GRAPH, _NODE, _INITIALIZER, _INPUT, _OUTPUT, _VALUE_INFO, _QUANTIZATION = 7, 1, 5, 11, 12, 13, 14
_NODE_INPUT, _NODE_OUTPUT, _NODE_ATTRIBUTE, _TENSOR_NAME, _VALUE_NAME = 1, 2, 5, 8, 1
_ATTRIBUTE_GRAPHS = (6, 11)
_IMAGES = ("image_embeds", "image_embeddings", "image_embedding")
_TEXTS = ("text_embeds", "text_embeddings", "text_embedding")


@dataclass
class _Parts:
    """A graph's parts that belong to some tensors; the rest belongs to all of it."""

    nodes: list[tuple[Field, set[str], set[str]]] = field(default_factory=list)  # with what they read and write
    named: list[tuple[int, str, Field]] = field(default_factory=list)  # weights, inputs and outputs
    rest: list[Field] = field(default_factory=list)


def split_towers(path: Path, image: Path, text: Path) -> None:
    """Writes the part of a graph that gives embeddings of photos, and that of texts.

    ONNX Runtime computes all outputs, even those not requested: a query would cost a photo.

    Raises:
        BundleError: the graph has no such outputs.
    """
    try:
        _write_towers(mapped(path), path.name, image, text)
    except ValueError as error:
        raise BundleError(f"{path.name} is not a readable ONNX file ({error}); pull the model again") from error


def _write_towers(model: memoryview, name: str, image: Path, text: Path) -> None:
    others = [part for part in fields(model) if part.number != _GRAPH]
    (graph,) = (part.message for part in fields(model) if part.number == _GRAPH)
    parts = _read(graph)
    outputs = [of for number, of, _ in parts.named if number == _OUTPUT]
    for place, names in ((image, _IMAGES), (text, _TEXTS)):
        wanted = next((of for of in names if of in outputs), None)
        if wanted is None:
            raise BundleError(f"{name} has no output {names[0]}; it has {', '.join(outputs)}")
        kept = list(_part(parts, wanted))
        with place.open("wb") as file:
            for other in others:
                file.write(other.raw)
            file.write(head(_GRAPH, sum(len(entry.raw) for entry in kept)))
            for entry in kept:
                file.write(entry.raw)


def _read(graph: memoryview) -> _Parts:
    parts = _Parts()
    for part in fields(graph):
        if part.number == _NODE:
            parts.nodes.append((part, *_reads_and_writes(part.message)))
        elif part.number in (_INITIALIZER, _INPUT, _OUTPUT):
            number = _TENSOR_NAME if part.number == _INITIALIZER else _VALUE_NAME
            (name,) = (entry.text for entry in fields(part.message) if entry.number == number)
            parts.named.append((part.number, name, part))
        elif part.number not in (_VALUE_INFO, _QUANTIZATION):  # remarks, which may name tensors that go
            parts.rest.append(part)
    return parts


def _part(parts: _Parts, output: str) -> Iterator[Field]:
    """The fields of a graph that this output depends on."""
    needed, nodes = {output}, []
    for node, reads, writes in reversed(parts.nodes):  # nodes are in topological order
        if writes & needed:
            needed |= reads
            nodes.append(node)
    yield from parts.rest
    yield from reversed(nodes)
    for number, name, part in parts.named:
        if name == output if number == _OUTPUT else name in needed:
            yield part


def _reads_and_writes(node: memoryview) -> tuple[set[str], set[str]]:
    """Names that a node, and the branches in it, take and give."""
    reads, writes = set(), set()
    for part in fields(node):
        if part.number == _NODE_INPUT:
            reads.add(part.text)
        elif part.number == _NODE_OUTPUT:
            writes.add(part.text)
        elif part.number == _NODE_ATTRIBUTE:
            for inner in fields(part.message):
                if inner.number in _ATTRIBUTE_GRAPHS:
                    reads |= _reads_of_branch(inner.message)
    return reads - {""}, writes - {""}


def _reads_of_branch(graph: memoryview) -> set[str]:
    """What the nodes of a branch read, from within it or from outside, and what it gives."""
    found: set[str] = set()
    for part in fields(graph):
        if part.number == _NODE:
            found |= _reads_and_writes(part.message)[0]
        elif part.number == _OUTPUT:
            found |= {entry.text for entry in fields(part.message) if entry.number == _VALUE_NAME}
    return found
