"""Which repository of the model hub the name of a checkpoint stands for."""

import re
from typing import Any

from twinlens.errors import TrainingError
from twinlens.model.hub.published import published
from twinlens.plugins import did_you_mean

_REPOSITORY = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*(@.+)?")


def repository_of(name: str, *, architecture: str | None = None) -> str:
    """``owner/name``, or ``owner/name@revision``.

    Args:
        name: that already, a name of ``twinlens models list``, or with ``architecture`` the name of open_clip's
            weights, such as ``laion2b_s34b_b79k``.
        architecture: as open_clip calls it, such as ``ViT-B-32``.

    Raises:
        TrainingError: no repository is known for it.
    """
    if architecture is not None:
        return _of_open_clip(name, architecture)
    if (row := published().get(name)) and row.checkpoint:
        return row.checkpoint
    if _REPOSITORY.fullmatch(name):
        return name
    raise TrainingError(
        f"there is no folder or file {name}; give one with config.json and model.safetensors, or OWNER/NAME of the "
        "model hub"
    )


def _of_open_clip(weights: str, architecture: str) -> str:
    try:
        import open_clip
    except ImportError as error:
        raise TrainingError(
            f"there is no file {weights}, and open_clip's names of weights are known to its package alone: pip install "
            "open_clip_torch, or give the repository, such as timm/vit_base_patch32_clip_224.openai"
        ) from error
    known: dict[str, Any] = open_clip.get_pretrained_cfg(architecture, weights)
    if not known:
        there = open_clip.list_pretrained_tags_by_model(architecture)
        raise TrainingError(
            f"open_clip has no weights {weights!r} of {architecture}; it has {', '.join(there) or 'none'}"
            f"{did_you_mean(weights, there)}"
        )
    parts = [part for part in str(known.get("hf_hub") or "").split("/") if part]
    if len(parts) < 2:
        raise TrainingError(
            f"open_clip gets {weights} of {architecture} from {known.get('url') or 'elsewhere'}, as a file that can "
            "run code; look for the same weights as safetensors"
        )
    return "/".join(parts[:2])
