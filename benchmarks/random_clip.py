"""CLIP ViT-B/32 with random weights, made as ``twinlens models import`` makes a bundle: speed needs no training."""

import sys
from pathlib import Path
from typing import Any

from search_latency import QUERIES

from twinlens.model.bundle import Bundle, open_bundle
from twinlens.training.importing.import_checkpoint import import_checkpoint
from twinlens.training.parts.quantization import Weights

WORDS = sorted({word for query in QUERIES for word in query.split()})  # one token each, as most are of CLIP's own


def clip_b32(folder: Path, *, weights: Weights = "float32") -> Bundle:
    """The bundle, made in the folder unless it is there already.

    Args:
        folder: keeps the checkpoint and the bundles.
        weights: how they are stored.
    """
    place = folder / f"clip-b32-{weights}"
    if not (place / "model.json").is_file():
        print(f"making {place.name}", file=sys.stderr)
        checkpoint = folder / "checkpoint"
        if not (checkpoint / "preprocessor_config.json").is_file():
            _save_checkpoint(checkpoint)
        import_checkpoint(checkpoint, place, name=place.name, weights=weights)
    return open_bundle(place)


def _save_checkpoint(folder: Path) -> None:
    """transformers' defaults are the sizes of ViT-B/32 and its text tower."""
    import torch
    import transformers

    torch.manual_seed(0)
    first, last = 0, 1
    text = {"bos_token_id": first, "eos_token_id": last, "pad_token_id": last}
    transformers.CLIPModel(transformers.CLIPConfig(text_config=text)).save_pretrained(folder)
    _tokenizer(("<|startoftext|>", "<|endoftext|>")).save_pretrained(folder)
    transformers.CLIPImageProcessorPil().save_pretrained(folder)


def _tokenizer(ends: tuple[str, str]) -> Any:
    """Bytes, and the words of our queries."""
    import transformers
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    letters = sorted(set(bytes_to_unicode().values()))
    vocabulary = [*ends, *letters, *(letter + "</w>" for letter in letters)]
    merges = []
    for word in WORDS:
        parts = [*word[:-1], word[-1] + "</w>"]
        while len(parts) > 1:
            if (pair := (parts[0], parts[1])) not in merges:
                merges.append(pair)
                vocabulary.append("".join(pair))
            parts[:2] = ["".join(pair)]
    numbers = {token: number for number, token in enumerate(dict.fromkeys(vocabulary))}
    first, last = ends
    return transformers.CLIPTokenizer(
        vocab=numbers,
        merges=merges,
        bos_token=first,
        eos_token=last,
        unk_token=last,
        pad_token=last,
        model_max_length=77,
    )
