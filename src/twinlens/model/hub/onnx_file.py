"""What an ONNX file says of its graph, read without the ``onnx`` package; and what is refused in one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from twinlens.errors import BundleError
from twinlens.model.hub.wire import Field, fields, integers, mapped, message

# field numbers of onnx.proto
_GRAPH, _OPSET, _FUNCTION = 7, 8, 25
_NODE, _INITIALIZER, _INPUT, _OUTPUT, _SPARSE = 1, 5, 11, 12, 15
_NODE_ATTRIBUTE, _NODE_DOMAIN, _NODE_OPERATOR = 5, 7, 4
_FUNCTION_NODE, _FUNCTION_DOMAIN = 7, 10
_TENSOR_DIMS, _TENSOR_NAME, _TENSOR_EXTERNAL = 1, 8, 13
_ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = (5, 10), (6, 11)

# the operator sets that ONNX Runtime itself brings
BUILT_IN = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft", "com.microsoft.nchwc"})
MAX_NUMBERS = 2**32  # of one tensor: 16 GB, four times the largest text table that has been published
MAX_DIMENSIONS = 8


@dataclass
class Tensor:
    """An input or output: name and shape; None stands for a dimension of any length."""

    name: str
    shape: list[int | None]


@dataclass
class GraphFile:
    """What matters of an ONNX file."""

    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    weights: set[str] = field(default_factory=set)
    """Names of the files in which weights lie outside the graph, as the graph states them."""

    _operators: set[tuple[str, str]] = field(default_factory=set)
    _own_domains: set[str] = field(default_factory=set)
    _shapes: list[tuple[str, list[int]]] = field(default_factory=list)


def read_graph(path: Path) -> GraphFile:
    """Reads a graph's inputs, outputs and files, and refuses what a published tower has no need of.

    Raises:
        BundleError: this is no ONNX file, it has operators that ONNX Runtime does not bring, it reads weights
            outside its own folder, or it has absurd shapes.
    """
    found = GraphFile()
    try:
        _read_model(mapped(path), found)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path.name} is not a readable ONNX file ({error}); pull the model again") from error
    _refuse(path.name, found)
    return found


def with_weights_named(path: Path, name: str) -> bytes:
    """The ONNX file with its weights in another file's name; only for a graph whose weights lie in one file."""
    data = memoryview(path.read_bytes())
    return b"".join(
        message(_GRAPH, _renamed_graph(part.message, name)) if part.number == _GRAPH else bytes(part.raw)
        for part in fields(data)
    )


def _renamed_graph(graph: memoryview, name: str) -> bytes:
    return b"".join(
        message(_INITIALIZER, _renamed_tensor(part.message, name)) if part.number == _INITIALIZER else bytes(part.raw)
        for part in fields(graph)
    )


def _renamed_tensor(tensor: memoryview, name: str) -> bytes:
    parts = []
    for part in fields(tensor):
        is_place = part.number == _TENSOR_EXTERNAL and _entry(part.message)[0] == "location"
        entry = message(1, b"location") + message(2, name.encode())
        parts.append(message(_TENSOR_EXTERNAL, entry) if is_place else bytes(part.raw))
    return b"".join(parts)


def _read_model(model: memoryview, found: GraphFile) -> None:
    graphs = 0
    for part in fields(model):
        if part.number == _GRAPH:
            graphs += 1
            _read_graph(part.message, found, is_main=True)
        elif part.number == _FUNCTION:
            inner = list(fields(part.message))
            found._own_domains.update(entry.text for entry in inner if entry.number == _FUNCTION_DOMAIN)
            for entry in inner:
                if entry.number == _FUNCTION_NODE:
                    _read_node(entry.message, found)
    if graphs != 1:
        raise ValueError(f"it has {graphs} graphs, one was expected")


def _read_graph(graph: memoryview, found: GraphFile, *, is_main: bool = False) -> None:
    given = set()
    for part in fields(graph):
        if part.number == _NODE:
            _read_node(part.message, found)
        elif part.number == _INITIALIZER:
            given.add(_read_tensor(part.message, found))
        elif part.number == _SPARSE:
            raise ValueError("it has sparse weights, which are not supported")
        elif is_main and part.number == _INPUT:
            found.inputs.append(_value(part))
        elif is_main and part.number == _OUTPUT:
            found.outputs.append(_value(part))
    if is_main:  # an input with a default is optional
        found.inputs = [entry for entry in found.inputs if entry.name not in given]


def _read_node(node: memoryview, found: GraphFile) -> None:
    domain = operator = ""
    for part in fields(node):
        if part.number == _NODE_DOMAIN:
            domain = part.text
        elif part.number == _NODE_OPERATOR:
            operator = part.text
        elif part.number == _NODE_ATTRIBUTE:
            for inner in fields(part.message):
                if inner.number in _ATTRIBUTE_TENSORS:
                    _read_tensor(inner.message, found)
                elif inner.number in _ATTRIBUTE_GRAPHS:
                    _read_graph(inner.message, found)
    found._operators.add((domain, operator))


def _read_tensor(tensor: memoryview, found: GraphFile) -> str:
    name, dims = "", []
    for part in fields(tensor):
        if part.number == _TENSOR_DIMS:
            dims += integers(part)
        elif part.number == _TENSOR_NAME:
            name = part.text
        elif part.number == _TENSOR_EXTERNAL:
            key, value = _entry(part.message)
            if key == "location":
                found.weights.add(value)
    found._shapes.append((name, dims))
    return name


def _entry(pair: memoryview) -> tuple[str, str]:
    texts = {part.number: part.text for part in fields(pair)}
    return texts.get(1, ""), texts.get(2, "")


def _value(part: Field) -> Tensor:
    name, shape = "", []
    for entry in fields(part.message):
        if entry.number == 1:
            name = entry.text
        elif entry.number == 2:
            shape = [_dimension(dim) for dim in _nested(entry.message, 1, 2, 1)]
    return Tensor(name, shape)


def _nested(data: memoryview, *path: int) -> Iterator[memoryview]:
    """The messages at a path of field numbers: a value's type → tensor → shape → dimensions."""
    for part in fields(data):
        if part.number == path[0]:
            if len(path) == 1:
                yield part.message
            else:
                yield from _nested(part.message, *path[1:])


def _dimension(dim: memoryview) -> int | None:
    for part in fields(dim):
        if part.number == 1 and isinstance(part.value, int):
            return integers(part)[0]
    return None


def _refuse(name: str, found: GraphFile) -> None:
    foreign = sorted(
        f"{domain}:{operator}" for domain, operator in found._operators if domain not in BUILT_IN | found._own_domains
    )
    if foreign:
        raise BundleError(
            f"{name} needs operators that ONNX Runtime does not bring ({', '.join(foreign[:3])}), which would be "
            "foreign code; choose another export of the model"
        )
    for place in sorted(found.weights):
        if not _is_beside(place):
            raise BundleError(
                f"{name} reads weights from {place!r}, outside its own folder; choose another export of the model"
            )
    shapes = [
        *found._shapes,
        *((value.name, [dim or 0 for dim in value.shape]) for value in (*found.inputs, *found.outputs)),
    ]
    for tensor, dims in shapes:
        numbers = 1
        for dim in dims:
            numbers *= max(dim, 1)
        if len(dims) > MAX_DIMENSIONS or min(dims, default=0) < 0 or numbers > MAX_NUMBERS:
            raise BundleError(
                f"{name} has a tensor {tensor!r} of an absurd shape {dims}; choose another export of the model"
            )


def _is_beside(place: str) -> bool:
    """Whether the path of a weights file is a plain name, on any system."""
    plain = PurePosixPath(place).name == place and PureWindowsPath(place).name == place
    return plain and place not in ("", ".", "..") and "\0" not in place
