"""Text encoders of transformers, from a directory and from a hub."""

import json
import shutil
from pathlib import Path

import pytest
import torch
import transformers
from tokenizers import Tokenizer

from training.importing.published import save_siglip2
from training.parts.towers.checks import check_blocks, check_last_block_learns, token_batch
from training.parts.towers.hub import Hub
from training.parts.towers.tiny import HIDDEN, TEXT, WORDS, save_roberta_tokenizer, save_wordpiece
from twinlens.errors import TrainingError
from twinlens.model.tokenizer import TextTokenizer
from twinlens.training.parts.text_towers.load import load_text_tower

PAD = {"bert": 0, "roberta": 1, "distilbert": 0, "mpnet": 1, "clip": 0, "siglip": 1}
IDS, MASK = token_batch(4, 9, words=len(WORDS) + 5, pad=1)


def copy(folder: Path, target: Path) -> Path:
    return Path(shutil.copytree(folder, target))


def hidden_state(folder: Path) -> torch.Tensor:
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        return model(input_ids=IDS, attention_mask=MASK).last_hidden_state


def mean_by_loop(states: torch.Tensor) -> torch.Tensor:
    rows = [
        torch.stack([state for state, seen in zip(*row, strict=True) if seen]).mean(0)
        for row in zip(states, MASK, strict=True)
    ]
    return torch.stack(rows)


@pytest.mark.parametrize("family", TEXT)
def test_a_family_loads_from_its_directory_with_one_row_of_features_a_text(
    family: str, tiny_models: dict[str, Path]
) -> None:
    tower = load_text_tower(str(tiny_models[family]))
    assert not tower.training
    assert not any(parameter.requires_grad for parameter in tower.parameters())
    assert tower.max_positions == 24
    assert tower.features_dim == HIDDEN
    assert tower(IDS, MASK).shape == (4, HIDDEN)
    assert len(tower.blocks()) == 3
    check_blocks(tower)
    check_last_block_learns(tower, IDS, MASK)


@pytest.mark.parametrize("family", TEXT)
def test_a_hub_gives_the_same_tower(family: str, tiny_models: dict[str, Path], hub: Hub) -> None:
    ours, theirs = load_text_tower(str(tiny_models[family])), load_text_tower(f"tiny/{family}")
    assert torch.equal(theirs(IDS, MASK), ours(IDS, MASK))
    assert theirs.tokenizer.to_str() == ours.tokenizer.to_str()


@pytest.mark.parametrize("family", TEXT)
def test_a_text_of_the_greatest_length_is_read_and_padding_changes_nothing(
    family: str, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    tower = load_text_tower(str(tiny_models[family]))
    tower.tokenizer.save(str(tmp_path / "tokenizer.json"))
    tokenize = TextTokenizer(tmp_path / "tokenizer.json", max_tokens=tower.max_positions)
    alone, together = tokenize(["a red dog"]), tokenize(["a red dog", "a dog " * 50])
    assert together.ids.shape == (2, 24)
    assert together.ids[0, -1] == PAD[family]
    first, both = (tower(*map(torch.from_numpy, tokens)) for tokens in (alone, together))
    assert torch.allclose(first[0], both[0], atol=1e-5)


def test_bert_is_pooled_by_its_own_pooler_and_others_by_the_mean(tiny_models: dict[str, Path]) -> None:
    bert = transformers.AutoModel.from_pretrained(tiny_models["bert"]).eval()
    states = hidden_state(tiny_models["bert"])
    assert torch.allclose(load_text_tower(str(tiny_models["bert"]))(IDS, MASK), bert.pooler(states), atol=1e-6)
    for family in ("roberta", "distilbert", "mpnet"):
        expected = mean_by_loop(hidden_state(tiny_models[family]))
        assert torch.allclose(load_text_tower(str(tiny_models[family]))(IDS, MASK), expected, atol=1e-6), family


@pytest.mark.parametrize("family", ["clip", "siglip"])
def test_the_text_part_of_a_pair_gives_what_its_projection_would_take(
    family: str, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    model = transformers.AutoModel.from_pretrained(tiny_models[family]).eval()
    tower = load_text_tower(str(tiny_models[family]))
    tower.tokenizer.save(str(tmp_path / "tokenizer.json"))
    tokens = TextTokenizer(tmp_path / "tokenizer.json", max_tokens=24)(["a red dog", "two cats in the snow with a dog"])
    ids, mask = map(torch.from_numpy, tokens)
    full = torch.full((2, 24), PAD[family])  # SigLIP was trained with texts of full length, whose padding it reads
    full[:, : ids.shape[1]] = ids
    with torch.no_grad():
        if family == "clip":
            projected = model.text_projection(tower(ids, mask))
            expected = model.get_text_features(input_ids=ids, attention_mask=mask).pooler_output
        else:
            projected, expected = tower(ids, mask), model.get_text_features(input_ids=full).pooler_output
    torch.testing.assert_close(projected, expected)
    assert not any("vision" in name for name, _ in tower.named_parameters())


def test_poolings_that_a_pair_was_not_trained_for_are_refused(tiny_models: dict[str, Path]) -> None:
    with pytest.raises(TrainingError, match=r"clip_text_model, .* not support pooling 'cls'; choose pooled or mean"):
        load_text_tower(str(tiny_models["clip"]), pooling="cls")
    with pytest.raises(TrainingError, match=r"siglip_text_model, .* not support pooling 'mean'; choose pooled$"):
        load_text_tower(str(tiny_models["siglip"]), pooling="mean")


def test_another_pair_is_refused_in_a_line_that_says_which_are_not(tmp_path: Path) -> None:
    transformers.Siglip2Config().save_pretrained(tmp_path)
    with pytest.raises(TrainingError, match=r"a siglip2 model, .* give a clip or siglip model, or one of texts alone$"):
        load_text_tower(str(tmp_path))


def test_padding_that_only_the_configuration_names_is_kept(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    """SigLIP's published tokenizer pads with its end mark."""
    folder = copy(tiny_models["siglip"], tmp_path / "siglip")
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"]["filler"] = tokenizer["model"]["vocab"].pop("<pad>")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "tokenizer_config.json").write_text(json.dumps({"pad_token": {"content": "</s>"}}))
    tower = load_text_tower(str(folder))
    assert (tower.tokenizer.padding["pad_id"], tower.pad_id) == (2, 2)


def test_a_pooling_can_be_chosen(tiny_models: dict[str, Path]) -> None:
    folder = tiny_models["bert"]
    states = hidden_state(folder)
    assert torch.allclose(load_text_tower(str(folder), pooling="cls")(IDS, MASK), states[:, 0], atol=1e-6)
    mean = load_text_tower(str(folder), pooling="mean")
    assert torch.allclose(mean(IDS, MASK), mean_by_loop(states), atol=1e-6)
    assert mean.encoder.pooler is None  # nothing in it that no loss would train
    with pytest.raises(TrainingError, match="no pooling 'max'"):
        load_text_tower(str(folder), pooling="max")


def test_a_pooler_that_is_not_there_is_refused(tiny_models: dict[str, Path]) -> None:
    with pytest.raises(TrainingError, match=r"lack pooler\.dense.* would be random"):
        load_text_tower(str(tiny_models["roberta"]), pooling="pooled")
    with pytest.raises(TrainingError, match="has no pooler; choose pooling 'cls' or 'mean'"):
        load_text_tower(str(tiny_models["distilbert"]), pooling="pooled")


def sentence_transformer(folder: Path, pooling: dict[str, object], *, normalize: bool) -> Path:
    kinds = [("Transformer", ""), ("Pooling", "1_Pooling"), *([("Normalize", "2_Normalize")] if normalize else [])]
    modules = [{"path": path, "type": f"sentence_transformers.models.{kind}"} for kind, path in kinds]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder


def test_a_sentence_transformers_repository_is_pooled_as_it_says(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    states = hidden_state(tiny_models["bert"])
    old = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True, "word_embedding_dimension": 16}
    folder = sentence_transformer(copy(tiny_models["bert"], tmp_path / "old"), old, normalize=True)
    expected = torch.nn.functional.normalize(mean_by_loop(states), dim=-1)
    assert torch.allclose(load_text_tower(str(folder))(IDS, MASK), expected, atol=1e-6)
    new = sentence_transformer(copy(tiny_models["bert"], tmp_path / "new"), {"pooling_mode": "cls"}, normalize=False)
    assert torch.allclose(load_text_tower(str(new))(IDS, MASK), states[:, 0], atol=1e-6)


def test_a_pooling_that_is_not_ours_can_be_overruled_only(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    folder = copy(tiny_models["bert"], tmp_path / "bert")
    sentence_transformer(folder, {"pooling_mode_lasttoken": True}, normalize=False)
    with pytest.raises(TrainingError, match="pools by lasttoken, which is not supported"):
        load_text_tower(str(folder))
    assert load_text_tower(str(folder), pooling="mean").features_dim == HIDDEN


def test_a_repository_with_a_word_list_alone_gets_a_tokenizer_that_knows_its_padding(
    tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    folder = copy(tiny_models["bert"], tmp_path / "bert")
    published = Tokenizer.from_file(str(folder / "tokenizer.json"))
    words = sorted(published.get_vocab(), key=published.get_vocab().__getitem__)
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    tokenizer = load_text_tower(str(folder)).tokenizer
    assert tokenizer.encode("A red dogs zebra").ids == published.encode("A red dogs zebra").ids
    assert tokenizer.padding["pad_id"] == 0


def test_a_tokenizer_that_exists_in_python_only_is_refused(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    folder = copy(tiny_models["bert"], tmp_path / "bert")
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CanineTokenizer"}))
    with pytest.raises(TrainingError, match=r"CanineTokenizer\) is implemented in Python"):
        load_text_tower(str(folder))


def test_a_tokenizer_file_is_taken_as_it_is_if_its_words_fit(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    file = save_roberta_tokenizer(tmp_path / "own") / "tokenizer.json"
    tower = load_text_tower(str(tiny_models["bert"]), tokenizer_file=file, cleaning=("lower",))
    assert tower.tokenizer.to_str() == Tokenizer.from_file(str(file)).to_str()
    large = Tokenizer.from_file(str(save_wordpiece(tmp_path / "large") / "tokenizer.json"))
    large.add_tokens([f"word{number}" for number in range(40)])
    large.save(str(file))
    with pytest.raises(TrainingError, match="use the tokenizer that belongs to it"):
        load_text_tower(str(tiny_models["bert"]), tokenizer_file=file)


def test_cleaning_goes_into_the_tokenizer(tiny_models: dict[str, Path]) -> None:
    plain = load_text_tower(str(tiny_models["roberta"]))
    clean = load_text_tower(str(tiny_models["roberta"]), cleaning=("lower", "punctuation"))
    assert clean.tokenizer.encode("A RED, dog!").ids == plain.tokenizer.encode("a red dog").ids
    assert plain.tokenizer.encode("A RED, dog!").ids != clean.tokenizer.encode("A RED, dog!").ids


def test_a_vision_model_is_no_text_encoder(tiny_models: dict[str, Path]) -> None:
    with pytest.raises(TrainingError, match="is a vit model, not a text encoder"):
        load_text_tower(str(tiny_models["vit"]))


def test_capital_letters_mean_the_same_to_siglip_2(tmp_path: Path) -> None:
    tokenizer = load_text_tower(str(save_siglip2(tmp_path / "siglip2"))).tokenizer
    assert tokenizer.encode("A RED DOG").ids == tokenizer.encode("a red dog").ids
