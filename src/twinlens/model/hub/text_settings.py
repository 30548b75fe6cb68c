"""How a published model's texts become tokens: cleaning, length and padding as the family was trained."""

import json
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, normalizers

from twinlens.errors import BundleError
from twinlens.model.bundle import Padding, PaddingSide
from twinlens.model.hub.followed import followed
from twinlens.model.hub.towers import MAX_TOKENS

LONGEST_TEXT = 512  # tokens that a query or caption may have, even where a model could read whole articles
_SIGLIP_TOKENS, _CLIP_TOKENS = 64, 77
_TRAINED_TOKENS = {"chinese_clip": 52}  # though its text tower could read 512


@dataclass(frozen=True)
class TextSettings:
    """What a bundle's manifest says of texts, and the tokenizer that fits it."""

    tokenizer: Tokenizer
    max_tokens: int
    padding: Padding
    pad_token_id: int | None
    padding_side: PaddingSide


def text_settings(
    name: str,
    tokenizer_file: Path,
    *,
    config: Mapping[str, Any],
    tokenizer_config: Mapping[str, Any],
    graph_tokens: int | None,
    is_open_clip: bool,
) -> TextSettings:
    """Settings from a model's own files.

    Args:
        name: of the model, for messages.
        tokenizer_file: its ``tokenizer.json``.
        config: its ``config.json``.
        tokenizer_config: its ``tokenizer_config.json``.
        graph_tokens: the length that the text graph takes; None = any.
        is_open_clip: whether ``config`` is open_clip's, not transformers'.

    Raises:
        BundleError: the tokenizer cannot be read, or lacks its padding token.
    """
    try:
        tokenizer = Tokenizer.from_file(str(tokenizer_file))
    except Exception as error:
        raise BundleError(f"the tokenizer.json of {name} cannot be read ({error})") from error
    with followed(name, "prepares texts"):
        return _settings(
            name,
            tokenizer,
            config=config,
            tokenizer_config=tokenizer_config,
            graph_tokens=graph_tokens,
            is_open_clip=is_open_clip,
        )


def _settings(
    name: str,
    tokenizer: Tokenizer,
    *,
    config: Mapping[str, Any],
    tokenizer_config: Mapping[str, Any],
    graph_tokens: int | None,
    is_open_clip: bool,
) -> TextSettings:
    is_siglip = not is_open_clip and str(config.get("model_type", "")).startswith("siglip")
    cleaning = (
        _open_clip_cleaning(config) if is_open_clip else _siglip_cleaning(tokenizer_config, config) if is_siglip else ""
    )
    is_full = graph_tokens is not None or is_siglip or is_open_clip  # open_clip trains on full texts alone
    tokens = graph_tokens or _max_tokens(config, tokenizer_config, is_siglip=is_siglip, is_open_clip=is_open_clip)
    if not 4 <= tokens <= MAX_TOKENS:
        raise ValueError(f"they have {tokens} tokens; 4 to {MAX_TOKENS} are expected")
    return TextSettings(
        tokenizer=_cleaned(tokenizer, cleaning),
        max_tokens=tokens,
        padding="full" if is_full else "longest",
        pad_token_id=_pad_token_id(name, tokenizer, tokenizer_config),
        padding_side="left" if tokenizer_config.get("padding_side") == "left" and not is_open_clip else "right",
    )


def _max_tokens(
    config: Mapping[str, Any], tokenizer_config: Mapping[str, Any], *, is_siglip: bool, is_open_clip: bool
) -> int:
    text = config.get("text_cfg" if is_open_clip else "text_config") or {}
    if is_open_clip:
        return int(text.get("context_length", _CLIP_TOKENS))
    if is_siglip:  # its positions are all used, whatever its tokenizer could do
        return int(text.get("max_position_embeddings", _SIGLIP_TOKENS))
    known = [text.get("max_position_embeddings"), tokenizer_config.get("model_max_length")]
    lengths = [int(length) for length in known if length and length >= 4]
    most = _TRAINED_TOKENS.get(str(config.get("model_type")), LONGEST_TEXT)
    return min(*lengths, most) if lengths else min(_CLIP_TOKENS, most)


def _pad_token_id(name: str, tokenizer: Tokenizer, tokenizer_config: Mapping[str, Any]) -> int | None:
    stated = tokenizer_config.get("pad_token")
    token = stated.get("content") if isinstance(stated, Mapping) else stated
    if token is None:
        return None
    number = tokenizer.token_to_id(token)
    if number is None:
        raise BundleError(f"{name} pads texts with {token!r}, which its tokenizer.json does not have")
    return int(number)


def _siglip_cleaning(tokenizer_config: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """The second SigLIP was trained on lower-case texts, the first besides without punctuation."""
    kind = str(tokenizer_config.get("tokenizer_class", "")) + str(config.get("model_type", ""))
    return "lower" if "gemma" in kind.lower() or "siglip2" in kind.lower() else "canonicalize"


def _open_clip_cleaning(config: Mapping[str, Any]) -> str:
    options = (config.get("text_cfg") or {}).get("tokenizer_kwargs") or {}
    return str(options.get("clean", "whitespace"))


def _cleaned(tokenizer: Tokenizer, cleaning: str) -> Tokenizer:
    """The tokenizer, with a family's cleaning before its own; offsets still point into the text as typed."""
    own = tokenizer.normalizer
    is_lower = any(word in json.dumps(_normalizer(tokenizer)) for word in ('"Lowercase"', '"lowercase": true'))
    steps: list[normalizers.Normalizer] = []
    if cleaning == "canonicalize" and not is_lower:
        steps.append(normalizers.Replace(Regex(f"[{_escaped(string.punctuation)}]"), ""))
    if cleaning in ("canonicalize", "lower") and not is_lower:
        steps.append(normalizers.Lowercase())
    if cleaning in ("canonicalize", "whitespace") and not is_lower:
        steps += [normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    if steps:
        tokenizer.normalizer = normalizers.Sequence([*steps, *([own] if own else [])])
    return tokenizer


def _normalizer(tokenizer: Tokenizer) -> Any:
    return json.loads(tokenizer.to_str()).get("normalizer")


def _escaped(characters: str) -> str:
    return "".join("\\" + character for character in characters)
