"""The English text tower of an older model, made small, as a second text tower of a taught bundle."""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper
from tokenizers import Tokenizer

from twinlens.errors import TrainingError
from twinlens.model.bundle import (
    ENGLISH_MODEL,
    ENGLISH_TOKENIZER,
    TEXT_MODEL,
    TOKENIZER,
    Bundle,
    save_bundle,
)
from twinlens.training.parts.export import keep_positions
from twinlens.training.parts.quantization import in_float32, quantize_text
from twinlens.training.parts.text_towers.vocabulary import read_tokenizer
from twinlens.words.word_list import WORDS, WordList

COMMON = 10  # level of the words whose pieces are kept: one word in 100,000


def add_english_tower(bundle: Bundle, model: Bundle, texts: Iterable[str], *, share: float) -> Bundle:
    """Adds the text tower of a model to a bundle that was taught that model's space; see ``Manifest.english``.

    Its weights get 4 bits each; of its pieces only those of common English words and of the given texts are kept, and
    other words are read as shorter pieces. A calibration is removed, since the embeddings change.

    Args:
        bundle: with a word list.
        model: whose text tower is added; with WordPiece and 8-bit weights.
        texts: such as the captions that it was trained on.
        share: its weight in the sum of both towers.

    Raises:
        TrainingError: the bundle has no word list, or the tokenizer is another one.
    """
    if WORDS not in bundle.manifest.files:
        raise TrainingError(f"{bundle.directory} has no {WORDS}, which tells English texts from others; add it first")
    tokenizer = read_tokenizer(model.verified(TOKENIZER))
    settings = json.loads(tokenizer.to_str())
    if settings["model"]["type"] != "WordPiece":
        raise TrainingError(
            f"{model.directory} has a tokenizer of type {settings['model']['type']}, expected WordPiece"
        )
    rows = _used_pieces(tokenizer, [*_common_words(WordList(bundle.verified(WORDS))), *texts])
    tower = model.manifest.text
    max_tokens = min(tower.max_tokens, bundle.manifest.text.max_tokens)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / ENGLISH_TOKENIZER).write_text(json.dumps(_cut(settings, rows), ensure_ascii=False), encoding="utf-8")
        graph = in_float32(onnx.load(str(model.verified(TEXT_MODEL))))
        _keep_rows(graph, rows, max_tokens)
        onnx.save(graph, str(folder / "text32.onnx"))
        quantize_text(folder / "text32.onnx", folder / ENGLISH_MODEL, layers=4, words=4)
        fields = bundle.manifest.model_dump(
            mode="json", exclude={"files", "format_version", "calibration", "hubs", "figures"}
        )
        fields["english"] = tower.model_copy(
            update={"max_tokens": max_tokens, "quantization": "int4 weights, int4 words"}
        ).model_dump(mode="json")
        fields["english_share"] = share
        fields["description"] = f"{fields['description']} English texts are read by {tower.architecture} too.".strip()
        files = {name: bundle.verified(name) for name in bundle.manifest.files}
        files |= {name: folder / name for name in (ENGLISH_MODEL, ENGLISH_TOKENIZER)}
        return save_bundle(bundle.directory, fields, files)


def _common_words(words: WordList) -> list[str]:
    lexicon = words.lexicon("en")
    return [lexicon.word(number) for number in range(len(lexicon)) if lexicon.level_of(number) <= COMMON]


def _used_pieces(tokenizer: Tokenizer, texts: list[str]) -> list[int]:
    """Ids of the pieces that the texts consist of, of the special ones, and of single letters."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    used = {number for encoding in tokenizer.encode_batch(texts) for number in encoding.ids}
    used |= set(tokenizer.get_added_tokens_decoder())
    prefix = tokenizer.model.continuing_subword_prefix
    used |= {
        number
        for piece, number in tokenizer.get_vocab().items()
        if piece.isascii() and len(piece.removeprefix(prefix)) == 1
    }
    return sorted(used)


def _cut(settings: dict[str, Any], rows: list[int]) -> dict[str, Any]:
    """The settings of a tokenizer with some of its pieces, numbered anew."""
    place = {old: new for new, old in enumerate(rows)}
    vocabulary = settings["model"]["vocab"]
    settings["model"]["vocab"] = {piece: place[old] for piece, old in vocabulary.items() if old in place}
    for token in settings["added_tokens"]:
        token["id"] = place[token["id"]]
    for token in settings["post_processor"]["special_tokens"].values():
        token["ids"] = [place[old] for old in token["ids"]]
    settings["padding"] = settings["truncation"] = None
    return settings


def _keep_rows(graph: Any, rows: list[int], positions: int) -> None:
    """Keeps some rows of the word embeddings, and as many positions as a text may have tokens."""
    tables = {tensor.name: tensor for tensor in graph.graph.initializer}
    read = [node.input[0] for node in graph.graph.node if node.op_type == "Gather" and node.input[0] in tables]
    words = max(read, key=lambda name: int(np.prod(tables[name].dims)))
    tables[words].CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tables[words])[rows], words))
    keep_positions(graph, positions)
