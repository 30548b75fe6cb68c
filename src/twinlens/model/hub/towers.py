"""Which input and output of a published graph is what."""

from collections.abc import Sequence
from dataclasses import dataclass

from twinlens.errors import BundleError
from twinlens.model.hub.onnx_file import GraphFile, Tensor

# first choice first: what a model projects into the shared space, then what one without projection pools
_EMBEDDINGS = (
    *("image_embeds", "text_embeds", "image_embeddings", "text_embeddings", "image_embedding", "text_embedding"),
    *("embedding", "embeddings"),
)
_POOLED = ("pooler_output", "pooled_output", "sentence_embedding", "output")
_PICTURES = ("pixel_values", "pixels", "image", "images", "input")
_IDS = ("input_ids", "text", "tokens", "input")
_MASKS = ("attention_mask",)
MAX_SIDE, MAX_TOKENS, MAX_DIM = 2048, 8192, 16384


@dataclass(frozen=True)
class ImageNames:
    """Names in an image graph."""

    pixels: str
    side: int | None  # pixels; None = any
    embedding: str
    features: str | None


@dataclass(frozen=True)
class TextNames:
    """Names in a text graph."""

    ids: str
    mask: str | None
    tokens: int | None  # length of a text; None = any
    embedding: str


def image_names(name: str, graph: GraphFile) -> ImageNames:
    """The names of an image tower.

    Raises:
        BundleError: it is not one, or takes more than pixels.
    """
    pixels = _one(name, graph.inputs, _PICTURES, dimensions=4, what="pixels")
    _refuse_others(name, graph.inputs, {pixels.name})
    _check_batch(name, pixels)
    channels, *sides = pixels.shape[1:]
    known = {side for side in sides if side is not None}
    if channels not in (3, None) or len(known) > 1 or any(not 16 <= side <= MAX_SIDE for side in known):
        raise BundleError(
            f"{name} takes pictures of an unusual shape {pixels.shape}; 3 channels and a square are expected"
        )
    embedding = _embedding(name, graph.outputs)
    pooled = next((output.name for output in graph.outputs if output.name in _POOLED and len(output.shape) == 2), None)
    return ImageNames(pixels.name, next(iter(known), None), embedding, pooled if pooled != embedding else None)


def text_names(name: str, graph: GraphFile) -> TextNames:
    """The names of a text tower.

    Raises:
        BundleError: it is not one, or takes more than token ids and their mask.
    """
    ids = _one(name, graph.inputs, _IDS, dimensions=2, what="token ids")
    mask = next((given.name for given in graph.inputs if given.name in _MASKS), None)
    _refuse_others(name, graph.inputs, {ids.name, mask})
    _check_batch(name, ids)
    tokens = ids.shape[1]
    if tokens is not None and not 4 <= tokens <= MAX_TOKENS:
        raise BundleError(f"{name} takes texts of {tokens} tokens; 4 to {MAX_TOKENS} are expected")
    return TextNames(ids.name, mask, tokens, _embedding(name, graph.outputs))


def _one(name: str, found: Sequence[Tensor], names: Sequence[str], *, dimensions: int, what: str) -> Tensor:
    fitting = [
        tensor for wanted in names for tensor in found if tensor.name == wanted and len(tensor.shape) == dimensions
    ]
    if not fitting:
        raise BundleError(f"{name} has no input of {what}; it has {_listed(found)}")
    return fitting[0]


def _refuse_others(name: str, found: Sequence[Tensor], known: set[str | None]) -> None:
    others = [tensor for tensor in found if tensor.name not in known]
    if others:
        raise BundleError(
            f"{name} wants more than a tower can be given: {_listed(others)}; choose an export with one graph for "
            "photos of a fixed size and one for texts"
        )


def _check_batch(name: str, tensor: Tensor) -> None:
    if tensor.shape[0] not in (None, 1):
        raise BundleError(f"{name} takes exactly {tensor.shape[0]} items at a time; choose an export for any number")


def _embedding(name: str, outputs: Sequence[Tensor]) -> str:
    rows = {output.name: output for output in outputs if len(output.shape) in (0, 2)}  # 0: the shape is not stated
    for wanted in (*_EMBEDDINGS, *_POOLED):
        if wanted in rows:
            break
    else:
        flat = [output.name for output in rows.values() if len(output.shape) == 2]
        if len(flat) != 1:
            raise BundleError(f"{name} has no output of embeddings; it has {_listed(outputs)}")
        wanted = flat[0]
    length = rows[wanted].shape[-1] if rows[wanted].shape else None
    if length is not None and not 1 <= length <= MAX_DIM:
        raise BundleError(f"{name} gives embeddings of {length} numbers; 1 to {MAX_DIM} are expected")
    return wanted


def _listed(tensors: Sequence[Tensor]) -> str:
    return (
        ", ".join(f"{tensor.name} {['any' if dim is None else dim for dim in tensor.shape]}" for tensor in tensors)
        or "none"
    )
