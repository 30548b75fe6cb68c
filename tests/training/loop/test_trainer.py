"""The trainer: what is trained and how fast, when it stops, what it says when it cannot go on."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from training.test_resume import Interrupted, stop_at
from training.tiny_world import losses, recipe, stage, train
from twinlens.data.find import open_dataset
from twinlens.errors import ConfigError, TrainingError
from twinlens.evaluation.retrieval import evaluate_retrieval
from twinlens.training.feeding import hard_negatives
from twinlens.training.loop import trainer, validation
from twinlens.training.loop.checkpoints import Progress, read_checkpoint
from twinlens.training.loop.run_log import EpochLog
from twinlens.training.parts.losses.infonce import InfoNCE
from twinlens.training.runs.build import build_model
from twinlens.training.runs.run import RunListener, load_run
from twinlens.training.runs.torch_encoder import TorchDualEncoder

Towers = dict[str, Path]
MLP = {"kind": "mlp", "hidden": [24], "dropout": 0.1}
LSTM = {"tower": "lstm", "pooling": None, "options": {"hidden": 16, "word_dim": 16, "layers": 1, "dropout": 0.0}}


def trained_names(run: Path, settings: Any) -> set[str]:
    """Names of all weights and statistics that differ from those that the run began with."""
    begun = build_model(settings, tokenizer_file=run / "tokenizer.json").state_dict()
    now = read_checkpoint(run / "last.safetensors").part("model")
    return {name for name, value in now.items() if not torch.equal(value, begun[name])}


@pytest.mark.parametrize(
    ("parts", "changed"),
    [
        ({}, ("image.head.", "text.head.")),
        ({"image": "last-1"}, ("image.head.", "text.head.", "image.tower.backbone.encoder.stages.1.")),
        ({"text": "last-1"}, ("image.head.", "text.head.", "text.tower.encoder.encoder.layer.1.")),
        ({"image": "all"}, ("image.head.", "text.head.", "image.tower.")),
        ({"text": "all"}, ("image.head.", "text.head.", "text.tower.")),
    ],
    ids=str,
)
def test_only_what_a_stage_trains_changes(
    parts: dict[str, str], changed: tuple[str, ...], world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    settings = recipe(towers, stages=[stage(**parts)])
    run, _ = train(settings, world, tmp_path / "run", cache=cache)
    names = trained_names(run.folder, settings)
    assert all(name.startswith(changed) for name in names)
    assert all(any(name.startswith(prefix) for name in names) for prefix in changed)


def test_lora_changes_linear_layers_alone_and_leaves_plain_towers(
    world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    settings = recipe(towers, stages=[stage(text="lora", lora_rank=2)])
    run, _ = train(settings, world, tmp_path / "run", cache=cache)
    _, model, _, _ = load_run(run.folder)
    begun = build_model(settings).text.tower.state_dict()
    now = model.text.tower.state_dict()
    assert now.keys() == begun.keys()
    changed = {name for name in now if not torch.equal(now[name], begun[name])}
    assert changed
    assert all(name.endswith((".weight",)) and begun[name].ndim == 2 for name in changed)
    assert not any("embeddings" in name for name in changed)
    difference = now["encoder.encoder.layer.0.attention.self.query.weight"]
    difference = difference - begun["encoder.encoder.layer.0.attention.self.query.weight"]
    assert torch.linalg.matrix_rank(difference, rtol=1e-3) == 2


def test_batch_norms_of_towers_keep_their_statistics_and_those_of_heads_learn(
    world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    settings = recipe(towers, image={"head": MLP}, stages=[stage(image="all")])
    run, _ = train(settings, world, tmp_path / "run", cache=cache)
    names = {name for name in trained_names(run.folder, settings) if "running_" in name}
    assert names == {"image.head.layers.1.running_mean", "image.head.layers.1.running_var"}


def test_each_part_has_its_learning_rate_and_schedule(world: Path, towers: Towers, cache: Path, tmp_path: Path) -> None:
    """3 steps an epoch: warm-up over 3, then half a cosine over 3, seen at the last step of each epoch."""
    stages = [
        stage(image="last-1", text="all", image_learning_rate=1e-3, text_learning_rate=1e-4, warmup_epochs=1),
        stage(epochs=1, learning_rate=2e-3, schedule="constant", image="last-1"),
    ]
    _, lines = train(recipe(towers, stages=stages), world, tmp_path / "run", cache=cache)
    assert lines[0].learning_rates == pytest.approx({"heads": 5e-3, "image": 1e-3, "text": 1e-4})
    share = 0.25  # (1 + cos(2π/3)) / 2
    assert lines[1].learning_rates == pytest.approx(
        {"heads": 5e-3 * share, "image": 1e-3 * share, "text": 1e-4 * share}
    )
    assert lines[2].learning_rates == pytest.approx({"heads": 2e-3, "image": 2e-3})


def test_a_rate_of_nearly_nothing_leaves_a_part_where_it_was(
    world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    settings = recipe(towers, stages=[stage(image="last-1", image_learning_rate=1e-12)])
    run, _ = train(settings, world, tmp_path / "run", cache=cache)
    begun, now = build_model(settings).state_dict(), read_checkpoint(run.folder / "last.safetensors").part("model")
    tower = [name for name in now if name.startswith("image.tower.")]
    assert all(torch.allclose(now[name], begun[name], atol=1e-9) for name in tower)
    assert not torch.allclose(now["image.head.projection.weight"], begun["image.head.projection.weight"], atol=1e-3)


@pytest.mark.parametrize("captions", ["one", "mean"])
def test_chunks_take_the_steps_of_the_plain_batch(
    captions: str, world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    changes: dict[str, Any] = {
        "text": LSTM,
        "image": {"head": MLP},
        "data": {"captions": captions},
        "stages": [stage(image="all", text="all", image_learning_rate=1e-4)],
    }
    plain, lines = train(recipe(towers, **changes), world, tmp_path / "plain", cache=cache)
    chunked, others = train(
        recipe(towers, **changes, optimizer={"chunk_size": 7}), world, tmp_path / "chunks", cache=cache
    )
    for line, other in zip(lines, others, strict=True):
        assert line.losses == pytest.approx(other.losses, rel=1e-5)
        assert line.val_loss == pytest.approx(other.val_loss, rel=1e-5)
    first, second = (read_checkpoint(run.folder / "last.safetensors").part("model") for run in (plain, chunked))
    assert all(torch.allclose(first[name], second[name], atol=1e-5) for name in first)


def test_the_same_seed_gives_the_same_run_and_another_seed_another(
    whole_run: tuple[Path, list[EpochLog]], world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    same, other = (train(recipe(towers, seed=s), world, tmp_path / f"{s}", cache=cache)[1] for s in (0, 1))
    assert losses(same) == losses(whole_run[1])
    assert losses(other) != losses(whole_run[1])


@pytest.mark.parametrize("measure", ["R@1", "loss"])
def test_best_checkpoint_is_the_best_epoch_and_measures_as_logged(
    measure: str, world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    """The rate is so high that the last epoch is not the best one."""
    stages = [stage(epochs=5, learning_rate=1e-2), stage(epochs=3, learning_rate=0.5, schedule="constant")]
    settings = recipe(towers, stages=stages, trainer={"measure": measure}, optimizer={"ema_decay": 0.5})
    run, lines = train(settings, world, tmp_path / "run", cache=cache)
    values = [
        -line.val_loss if measure == "loss" else line.text_to_image["R@1"] + line.image_to_text["R@1"] for line in lines
    ]
    best = values.index(max(values))
    assert run.validation["epoch"] == best + 1 < len(lines)
    assert [line.best for line in lines] == [value > max(values[:n], default=-1e9) for n, value in enumerate(values)]
    _, model, loss, checkpoint = load_run(run.folder)
    assert checkpoint.progress.epoch == best + 1
    assert loss.logit_scale != pytest.approx(InfoNCE().logit_scale, rel=1e-6)
    report = evaluate_retrieval(TorchDualEncoder(model), open_dataset(world), "val")
    assert report.text_to_image == pytest.approx(lines[best].text_to_image, abs=1e-3)
    assert report.image_to_text == pytest.approx(lines[best].image_to_text, abs=1e-3)


def test_moving_average_is_what_is_measured_and_kept(
    whole_run: tuple[Path, list[EpochLog]], world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    averaged, _ = train(recipe(towers, optimizer={"ema_decay": 0.9}), world, tmp_path / "averaged", cache=cache)
    name = "model.image.head.projection.weight"
    last = [read_checkpoint(folder / "last.safetensors").tensors for folder in (whole_run[0], averaged.folder)]
    assert torch.equal(last[0][name], last[1][name])  # the average takes no part in training
    best = read_checkpoint(averaged.folder / "best.safetensors")
    assert not torch.equal(best.tensors[name], last[1][name])


def test_statistics_of_batch_norms_are_averaged_with_the_weights(
    world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    settings = recipe(towers, image={"head": MLP}, optimizer={"ema_decay": 0.9}, stages=[stage(epochs=1)])
    run, _ = train(settings, world, tmp_path / "run", cache=cache)
    best, last = (read_checkpoint(run.folder / f"{name}.safetensors").part("model") for name in ("best", "last"))
    for name in ("running_mean", "running_var"):  # best and last are of the same epoch
        assert not torch.equal(best[f"image.head.layers.1.{name}"], last[f"image.head.layers.1.{name}"])


def test_validation_comes_when_asked_and_at_the_end_of_each_stage(
    world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    settings = recipe(towers, stages=[stage(epochs=5), stage(epochs=2)], trainer={"validate_every": 2})
    _, lines = train(settings, world, tmp_path / "run", cache=cache)
    assert [line.epoch for line in lines if line.val_loss is not None] == [2, 4, 5, 6, 7]
    assert all(line.text_to_image == {} for line in lines if line.val_loss is None)


def test_a_stage_without_progress_ends_early_and_the_next_one_begins(
    world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    """With a rate of nothing no validation is better than the first."""
    stages = [stage(epochs=9, learning_rate=1e-12), stage(epochs=7, learning_rate=1e-12)]
    settings = recipe(towers, stages=stages, trainer={"patience": 2})
    run, lines = train(settings, world, tmp_path / "run", cache=cache)
    assert [line.stage for line in lines] == [1, 1, 1, 2, 2]
    assert run.validation["epoch"] == 1
    again, more = train(settings, world, tmp_path / "again", cache=cache)
    with pytest.raises(Interrupted):
        train(settings, world, tmp_path / "cut", cache=cache, listener=stop_at(4, 2, []))
    _, rest = train(settings, world, tmp_path / "cut", cache=cache, resume=True)
    assert losses(rest) == losses(lines[3:]) == losses(more[3:])
    assert again.validation["epoch"] == 1


@pytest.mark.parametrize("best_epoch", [2, 3])
def test_after_an_early_stop_the_next_stage_starts_from_the_best_weights(
    best_epoch: int, world: Path, towers: Towers, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best epoch is in the stage that stops, or in the one before it; its weights contain LoRA's matrices."""

    def update_best(progress: Progress, _: float) -> bool:
        return validation.update_best(progress, float(progress.epoch == best_epoch))

    monkeypatch.setattr(trainer, "update_best", update_best)
    lora = {"text": "lora", "text_learning_rate": 1e-3, "schedule": "constant"}
    stages = [stage(**lora), stage(epochs=9, learning_rate=0.05, **lora), stage(epochs=1, learning_rate=1e-12)]
    notes: list[str] = []
    lines: list[EpochLog] = []
    listener = RunListener(on_epoch=lines.append, on_note=notes.append)
    settings = recipe(towers, stages=stages, trainer={"patience": 2})
    train(settings, world, tmp_path / "run", cache=cache, listener=listener)
    assert [line.epoch for line in lines if line.stage == 2] == list(range(3, best_epoch + 3))
    best, last = lines[best_epoch - 1], lines[-1]
    assert lines[-2].val_loss != pytest.approx(best.val_loss, rel=0.01)
    assert last.val_loss == pytest.approx(best.val_loss, rel=1e-4)
    assert notes == [f"stage 2 stopped early; stage 3 starts from the best weights, those of epoch {best_epoch}"]


def test_hard_negatives_are_used_between_minings_too(
    world: Path, towers: Towers, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mined: list[torch.Tensor] = []
    used: list[torch.Tensor] = []

    def mine(*arguments: Any) -> torch.Tensor:
        mined.append(hard_negatives.mine(*arguments))
        return mined[-1]

    def mixed_order(order: torch.Tensor, neighbours: torch.Tensor, **options: Any) -> torch.Tensor:
        used.append(neighbours)
        return hard_negatives.mixed_order(order, neighbours, **options)

    monkeypatch.setattr(trainer, "mine", mine)
    monkeypatch.setattr(trainer, "mixed_order", mixed_order)
    settings = recipe(towers, hard_negatives={"neighbours": 4, "every": 3}, stages=[stage(epochs=6), stage(epochs=2)])
    train(settings, world, tmp_path / "run", cache=cache)
    # after 1 epoch, after 4, and at the beginning of the second stage, though only then after 6; due again after 7
    first, second, third, fourth = mined
    expected = [first, first, first, second, second, third, fourth]
    assert [found is wanted for found, wanted in zip(used, expected, strict=True)] == [True] * 7


@pytest.mark.parametrize("cached", ["none", "disk", "memory"])
def test_caches_of_photos_give_the_same_run(
    cached: str, world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    augmentation = {"random_resized_crop": [0.6, 1.0], "flip": 0.5, "rand_augment": [1, 3]}
    changes: dict[str, Any] = {"image": {"augmentation": augmentation}, "stages": [stage(epochs=1, image="last-1")]}
    _, expected = train(recipe(towers, **changes), world, tmp_path / "expected", cache=cache)
    settings = recipe(towers, **changes, data={"image_cache": cached})
    for name in ("first", "second"):  # the second finds what the first kept
        _, lines = train(settings, world, tmp_path / name, cache=tmp_path / "cache")
        assert losses(lines) == losses(expected)


def test_augmented_views_are_drawn_while_training_and_plain_ones_measured(
    world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    augmentation = {"colour_jitter": 0.8, "views": 2}
    nothing = {"schedule": "constant", "learning_rate": 1e-12, "epochs": 2}
    plain = recipe(towers, stages=[stage(**nothing)])
    changed = recipe(towers, stages=[stage(**nothing)], image={"augmentation": augmentation})
    _, first = train(plain, world, tmp_path / "plain", cache=cache)
    _, second = train(changed, world, tmp_path / "changed", cache=cache)
    assert [line.val_loss for line in first] == pytest.approx([line.val_loss for line in second])
    assert first[0].losses["loss"] != pytest.approx(second[0].losses["loss"], rel=1e-4)
    assert second[0].losses["loss"] != pytest.approx(second[1].losses["loss"], rel=1e-4)


def has_half_precision_lstm() -> bool:
    """Whether torch has one for this CPU: of x86, those with AVX-512."""
    try:
        with torch.autocast("cpu", torch.bfloat16):
            torch.nn.LSTM(4, 4)(torch.zeros(1, 1, 4))
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize("text", [{}, LSTM], ids=["bert", "lstm"])
def test_half_precision_runs_near_full_precision(
    text: dict[str, Any], world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    if text and not has_half_precision_lstm():
        pytest.skip("torch has no half-precision LSTM for this CPU")
    changes: dict[str, Any] = {"text": text, "stages": [stage(image="last-1", text="all", image_learning_rate=1e-4)]}
    _, full = train(recipe(towers, **changes), world, tmp_path / "full", cache=cache)
    _, half = train(recipe(towers, **changes, optimizer={"precision": "bf16"}), world, tmp_path / "half", cache=cache)
    for line, other in zip(full, half, strict=True):
        assert line.losses["loss"] == pytest.approx(other.losses["loss"], rel=0.05)
        assert line.losses != other.losses


class NotANumber(torch.autograd.Function):
    """A loss whose gradient is no number."""

    @staticmethod
    def forward(ctx: Any, loss: torch.Tensor) -> torch.Tensor:
        return loss.clone()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        return gradient * torch.nan


@pytest.mark.parametrize("fault", ["loss", "gradient"])
def test_a_loss_that_is_no_number_stops_with_step_photos_and_last_good_checkpoint(
    fault: str, world: Path, towers: Towers, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, calls = InfoNCE.forward, 0

    def breaks_in_the_second_step_of_the_second_epoch(self: InfoNCE, *arguments: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        calls += torch.is_grad_enabled()
        loss = plain(self, *arguments)
        if calls != 5:
            return loss
        return NotANumber.apply(loss) if fault == "gradient" else loss * torch.nan

    monkeypatch.setattr(InfoNCE, "forward", breaks_in_the_second_step_of_the_second_epoch)
    with pytest.raises(TrainingError) as error:
        train(recipe(towers), world, tmp_path / "run", cache=cache)
    bad = {"loss": "pairs nan, loss nan, gradient nan", "gradient": "gradient nan"}[fault]
    assert str(error.value).startswith(f"{bad} at epoch 2, step 2 of stage 1, with the photos train-")
    assert f"and 43 more; the last good checkpoint is {tmp_path / 'run' / 'last.safetensors'}" in str(error.value)
    batch = json.loads((tmp_path / "run" / "bad-batch.json").read_text())
    assert (batch["epoch"], batch["step"], len(batch["photos"])) == (2, 2, 48)
    good = read_checkpoint(tmp_path / "run" / "last.safetensors")
    assert good.progress.epoch == 1
    assert all(value.isfinite().all() for value in good.tensors.values())
    monkeypatch.setattr(InfoNCE, "forward", plain)
    _, lines = train(recipe(towers), world, tmp_path / "run", cache=cache, resume=True)
    assert [line.epoch for line in lines] == [2]


def test_memory_that_runs_out_says_which_chunk_would_fit(
    world: Path, towers: Towers, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: Any) -> torch.Tensor:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(InfoNCE, "forward", too_large)
    with pytest.raises(TrainingError, match=r"out of memory in a batch of 48; set optimizer\.chunk_size = 12"):
        train(recipe(towers), world, tmp_path / "run", cache=cache)


def test_a_batch_larger_than_the_data_is_refused_before_features_are_computed(
    world: Path, towers: Towers, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="batch_size is 145, but the train split has 144 photos; lower it"):
        train(recipe(towers, optimizer={"batch_size": 145}), world, tmp_path / "run", cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_more_blocks_than_the_tower_has_are_refused(world: Path, towers: Towers, cache: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"stages\.0\.image is 'last-9', but the tower has \d blocks"):
        train(recipe(towers, stages=[stage(image="last-9")]), world, tmp_path / "run", cache=cache)
