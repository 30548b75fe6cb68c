"""The recipe of a training run, one TOML file."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from twinlens.config import Section, read_recipe
from twinlens.data.splits import parse_ratios
from twinlens.errors import DataError
from twinlens.model.hub.published import published
from twinlens.model.preprocess import ResizeMode
from twinlens.plugins import did_you_mean, load_part, part_names
from twinlens.training.parts.image_towers import IMAGE_ALIASES, IMAGE_TOWERS
from twinlens.training.parts.losses import LOSS_ALIASES, LOSSES
from twinlens.training.parts.text_towers import CLEANING, TEXT_ALIASES, TEXT_TOWERS

FROM_SCRATCH = ("bag-of-words", "lstm", "transformer")
MEASURES = ("R@1", "R@5", "R@10", "MRR", "loss")
ALPHAS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class Data(Section):
    """Data used in an epoch, and where decoded photos are cached.

    ``captions``: "one" random caption of each photo per epoch, "all" pairs of photo and
    caption, or the "mean" of a photo's caption embeddings. ``held_out``: every n-th photo
    of the train split is left out, so that a calibration can be fitted on them; 0 = none.
    """

    ratios: str = "80/10/10"
    held_out: int = Field(default=0, ge=0)
    captions: Literal["one", "all", "mean"] = "one"
    image_cache: Literal["none", "disk", "memory"] = "disk"

    @field_validator("ratios")
    @classmethod
    def _known_ratios(cls, ratios: str) -> str:
        try:
            parse_ratios(ratios)
        except DataError as error:
            raise ValueError(str(error)) from error
        return ratios


class Head(Section):
    """Projection from a tower's features to the shared space; ``hidden`` and ``batch_norm`` apply to the MLP only."""

    kind: Literal["linear", "mlp"] = "linear"
    bias: bool = False
    hidden: tuple[int, ...] = (512,)
    batch_norm: bool = True
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)

    def options(self) -> dict[str, Any]:
        """Keyword arguments of ``heads.build_head``."""
        if self.kind == "linear":
            return {"bias": self.bias, "dropout": self.dropout}
        return {"hidden": self.hidden, "batch_norm": self.batch_norm, "dropout": self.dropout}


class ImageAugmentation(Section):
    """Random changes of photos in training, see ``augment.Augmentation``.

    ``views`` is for a frozen tower, whose features are computed once: the number of augmented
    views of each photo besides the original. Likewise if only the last blocks are trained
    and the tower can be cut before them, like an EfficientNet-Lite.
    """

    random_resized_crop: tuple[float, float] | None = None
    flip: float = Field(default=0.0, ge=0.0, le=1.0)
    colour_jitter: float = Field(default=0.0, ge=0.0, le=1.0)
    rand_augment: tuple[int, int] | None = None
    views: int = Field(default=0, ge=0)


class Image(Section):
    """The image side. ``image_size``, ``resize_mode`` and ``crop_fraction`` override the tower's own preprocessing."""

    tower: str = "efficientnet-lite2"
    pooling: Literal["pooled", "cls", "mean"] | None = None
    image_size: int | None = Field(default=None, ge=16, le=2048)
    resize_mode: ResizeMode | None = None
    crop_fraction: float | None = Field(default=None, gt=0.0, le=1.0)
    head: Head = Head()
    augmentation: ImageAugmentation | None = None

    @field_validator("tower")
    @classmethod
    def _known_tower(cls, name: str) -> str:
        return _known(name, "image_tower", {**IMAGE_TOWERS, **IMAGE_ALIASES}, prefixes=("timm:",))


class Text(Section):
    """The text side. ``options`` are those of the tower, such as ``hidden = 256`` for a tower from scratch."""

    tower: str = "minilm-l6"
    pooling: Literal["pooled", "cls", "mean"] | None = None
    max_tokens: int = Field(default=128, ge=4, le=4096)
    cleaning: tuple[str, ...] | None = None
    drop_words: float = Field(default=0.0, ge=0.0, lt=1.0)
    options: dict[str, int | float | bool | str] = Field(default_factory=dict)
    head: Head = Head()

    @field_validator("tower")
    @classmethod
    def _known_tower(cls, name: str) -> str:
        return _known(name, "text_tower", {**TEXT_TOWERS, **TEXT_ALIASES})

    @field_validator("options")
    @classmethod
    def _known_options(cls, options: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        tower = info.data.get("tower")
        if tower in FROM_SCRATCH:
            parameters = inspect.signature(load_part("text_tower", TEXT_TOWERS, tower)).parameters
            known = [name for name in parameters if name not in ("captions", "tokenizer_file", "cleaning")]
            for option in options:
                if option not in known:
                    raise ValueError(f"no option {option!r}; it has {', '.join(known)}{did_you_mean(option, known)}")
        return options

    @field_validator("cleaning")
    @classmethod
    def _known_cleaning(cls, steps: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for step in steps or ():
            _known(step, "cleaning", CLEANING, what="cleaning step")
        return steps

    @property
    def from_scratch(self) -> bool:
        """Whether the tower starts with random weights and a vocabulary of its own."""
        return self.tower in FROM_SCRATCH


class LossChoice(Section):
    """A loss by its name in ``losses.LOSSES`` or an alias of it, with its own options."""

    name: str = "infonce"
    options: dict[str, int | float | bool | str] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _known_loss(cls, name: str) -> str:
        if name not in part_names("loss", LOSSES):  # a loss of an installed package goes before an alias
            name = LOSS_ALIASES.get(name, name)
        return _known(name, "loss", LOSSES)

    @field_validator("options")
    @classmethod
    def _known_options(cls, options: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if "name" not in info.data:  # the name itself is invalid, which is reported already
            return options
        loss = load_part("loss", LOSSES, info.data["name"])
        known = list(inspect.signature(loss).parameters)
        if unknown := [option for option in options if option not in known]:
            raise ValueError(
                *(f"no option {option!r}; it has {', '.join(known)}{did_you_mean(option, known)}" for option in unknown)
            )
        try:
            loss(**options)  # raises ValueError for an invalid value
        except TypeError as error:
            raise ValueError(f"a value of the wrong type in {options}: {error}") from error
        return options


class Distillation(Section):
    """Distillation from the image tower's own classifier, in addition to the captions.

    ``groups_weight`` is the weight of the loss over everyday words for groups of classes
    ("cat" for a tabby), relative to that over the classes; ``photos`` is a folder of photos
    without captions; ``classes_per_step`` limits how many prompts go through a trained text
    tower. ``keep_weight`` is the weight of a loss that keeps a trained image tower close to
    its original predictions; the teacher is always the pretrained tower.
    """

    weight: float = Field(default=0.25, gt=0.0)
    groups_weight: float = Field(default=0.0, ge=0.0)
    prompt: str = "a photo of a {}"
    push: tuple[float, float] = (0.0, 2.0)
    keep_weight: float = Field(default=1.0, ge=0.0)
    photos: str = ""
    classes_per_step: int = Field(default=128, ge=2)


class Optimizer(Section):
    """AdamW. ``chunk_size`` rows go through a trained tower at once (0 = the whole batch).

    ``gradient_checkpointing`` keeps the activations between a trained tower's blocks only, and computes
    those inside a block again in the backward pass.
    """

    batch_size: int = Field(default=128, ge=2)
    chunk_size: int = Field(default=0, ge=0)
    weight_decay: float = Field(default=0.0, ge=0.0)
    gradient_checkpointing: bool = False
    max_grad_norm: float | None = Field(default=None, gt=0.0)
    ema_decay: float | None = Field(default=None, gt=0.0, lt=1.0)
    precision: Literal["float32", "bf16"] = "float32"


class Stage(Section):
    """A number of epochs with its own trainable parts and learning rates.

    ``image`` and ``text`` say which part of a tower is trained: "frozen", "last-2" (blocks), "all"
    or "lora". ``heads`` says which heads are trained. The default of a tower's learning rate is that of
    the heads; with ``layer_decay`` it is that of the last block, and each block before it has that many
    times the rate of the next.
    """

    epochs: int = Field(ge=1)
    learning_rate: float = Field(gt=0.0)
    heads: Literal["both", "image", "text", "none"] = "both"
    image: str = Field(default="frozen", pattern=r"^(frozen|last-[1-9]\d*|all|lora)$")
    text: str = Field(default="frozen", pattern=r"^(frozen|last-[1-9]\d*|all|lora)$")
    image_learning_rate: float | None = Field(default=None, gt=0.0)
    text_learning_rate: float | None = Field(default=None, gt=0.0)
    layer_decay: float = Field(default=1.0, gt=0.0, le=1.0)
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup_epochs: float = Field(default=0.0, ge=0.0)
    lora_rank: int = Field(default=8, ge=1)
    lora_alpha: int = Field(default=16, ge=1)

    def trains_head(self, side: str) -> bool:
        """Whether the head of a side ("image" or "text") is trained."""
        return self.heads in ("both", side)

    @property
    def last_image_blocks(self) -> int:
        """Number of the image tower's last blocks that are trained; 0 for none or all."""
        return int(self.image.removeprefix("last-")) if self.image.startswith("last-") else 0


class HardNegatives(Section):
    """Batches with photos that the model confuses with each other.

    Neighbours are mined after ``after_epochs`` and again ``every`` n epochs and at the beginning of a
    stage; the epochs in between use the last ones.
    """

    share: float = Field(default=0.5, gt=0.0, lt=1.0)
    neighbours: int = Field(default=8, ge=1)
    after_epochs: int = Field(default=1, ge=0)
    every: int = Field(default=1, ge=1)


class WiseFT(Section):
    """At the end of a run, the weights between those of ``model`` and those of the best epoch are measured.

    WiSE-FT, Wortsman et al. 2022, "Robust fine-tuning of zero-shot models": 0 of ``alphas`` stands for the
    published weights, 1 for the best epoch. ``second_data`` is the folder of another captioned data set.
    """

    alphas: tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...] = ALPHAS
    second_data: str = ""

    @field_validator("alphas")
    @classmethod
    def _some_alpha(cls, alphas: tuple[float, ...]) -> tuple[float, ...]:
        if not alphas:
            raise ValueError("give at least one, such as 0.5")
        return alphas


class Trainer(Section):
    """Device, frequency of validation and checkpoints, and early stopping.

    ``measure`` determines the best epoch: a recall or MRR is the mean of both directions on the
    validation split. ``patience`` is the number of validations without improvement after which a stage ends; the next
    one starts from the best weights. ``compile`` compiles trained towers with ``torch.compile``.
    """

    device: str = Field(default="auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    validate_every: int = Field(default=1, ge=1)
    checkpoint_every: int = Field(default=1, ge=1)
    checkpoint_every_steps: int = Field(default=0, ge=0)
    measure: str = "R@1"
    patience: int | None = Field(default=None, ge=1)
    compile: bool = False

    @field_validator("measure")
    @classmethod
    def _known_measure(cls, name: str) -> str:
        return _known(name, "measure", MEASURES)


class Recipe(Section):
    """A complete training run.

    ``model`` is a whole pretrained dual encoder, by its name in ``twinlens models list``, a folder or a hub name:
    both towers with their own projections and logit scale, instead of ``image.tower``, ``text.tower`` and new heads.
    """

    name: str = Field(pattern=r"^[\w.-]+$")
    description: str = ""
    document: str = ""
    license: str = ""
    seed: int = Field(default=0, ge=0)
    embedding_dim: int = Field(default=512, ge=2)
    data: Data = Data()
    image: Image = Image()
    text: Text = Text()
    model: str | None = None
    loss: LossChoice = LossChoice()
    distillation: Distillation | None = None
    optimizer: Optimizer = Optimizer()
    hard_negatives: HardNegatives | None = None
    wise_ft: WiseFT | None = None
    trainer: Trainer = Trainer()
    stages: tuple[Stage, ...]

    @field_validator("model")
    @classmethod
    def _known_model(cls, name: str | None, info: ValidationInfo) -> str | None:
        if name is None:
            return None
        if doubled := _doubled_by_model(info.data):
            raise ValueError(*(f"brings its own {key}; remove one of them" for key in doubled))
        return _known(name, "model", models_with_checkpoint(), what="published model")

    @field_validator("distillation")
    @classmethod
    def _distillation_needs_a_classifier(cls, settings: Distillation | None, info: ValidationInfo) -> Any:
        if settings and info.data.get("model"):
            raise ValueError(
                "needs an image tower with a classifier, which a published model lacks; remove one of them"
            )
        return settings

    @field_validator("wise_ft")
    @classmethod
    def _wise_ft_needs_a_model(cls, settings: WiseFT | None, info: ValidationInfo) -> WiseFT | None:
        if settings and "model" in info.data and info.data["model"] is None:
            raise ValueError("interpolates between a published model and the trained one; needs 'model'")
        return settings

    @field_validator("stages", mode="before")
    @classmethod
    def _some_stage(cls, stages: Any) -> Any:
        if not stages:
            raise ValueError("a run needs at least one stage: [[stages]] with epochs and learning_rate")
        return stages

    @field_validator("hard_negatives")
    @classmethod
    def _sampling_allows_hard_negatives(
        cls, settings: HardNegatives | None, info: ValidationInfo
    ) -> HardNegatives | None:
        data = info.data.get("data")
        if settings and data and data.captions == "all":
            raise ValueError("needs data.captions = 'one' or 'mean', not 'all'")
        return settings

    # a field validator rather than a model validator, which would not run if another field is invalid
    @field_validator("stages")
    @classmethod
    def _consistent_stages(cls, stages: tuple[Stage, ...], info: ValidationInfo) -> tuple[Stage, ...]:
        image, text = info.data.get("image"), info.data.get("text")  # None if they are invalid themselves
        faults = [
            f"stages.{number}.{fault}"
            for number, stage in enumerate(stages)
            for fault in (*_image_faults(stage, image), *_text_faults(stage, text), *_schedule_faults(stage))
        ]
        if faults:
            raise ValueError(*faults)
        return stages

    @property
    def epochs(self) -> int:
        """Total number of epochs."""
        return sum(stage.epochs for stage in self.stages)


def load_recipe(path: Path, *, changes: Sequence[str] = ()) -> Recipe:
    """Reads and validates a recipe.

    Raises:
        ConfigError: lists all errors with their keys and suggestions.
    """
    return read_recipe(path, Recipe, changes=changes)


def models_with_checkpoint() -> dict[str, str]:
    """Published models by name, and their repositories of weights that transformers reads."""
    return {name: row.checkpoint for name, row in published().items() if row.checkpoint}


def _doubled_by_model(fields: Mapping[str, Any]) -> list[str]:
    """Keys of a recipe that say what a published model says itself, and are not at their defaults."""
    sections = (("image", Image(), ("tower", "pooling")), ("text", Text(), ("tower", "pooling", "cleaning", "options")))
    found = []
    for side, default, keys in sections:
        if own := fields.get(side):  # None if it is invalid itself
            found += [f"{side}.{key}" for key in keys if getattr(own, key) != getattr(default, key)]
            if own.head.model_copy(update={"dropout": 0.0}) != default.head:  # dropout is of the training
                found.append(f"{side}.head")
    if fields.get("embedding_dim") not in (None, Recipe.model_fields["embedding_dim"].default):
        found.append("embedding_dim")
    return found


def _image_faults(stage: Stage, image: Image | None) -> Iterable[str]:
    augmentation = image.augmentation if image else None
    if stage.image == "frozen" and augmentation and not augmentation.views:
        yield "image: augmentation of a frozen tower needs image.augmentation.views"


def _text_faults(stage: Stage, text: Text | None) -> Iterable[str]:
    if text and text.from_scratch and stage.text != "all":
        yield f"text: a {text.tower} from scratch must be trained; use 'all'"
    if text and text.drop_words and stage.text == "frozen":
        yield "text: text.drop_words has no effect on a frozen tower"


def _schedule_faults(stage: Stage) -> Iterable[str]:
    if stage.heads == "none" and stage.image == stage.text == "frozen":
        yield "heads: nothing is trained; use 'both', or train a tower"
    if stage.warmup_epochs > stage.epochs:
        yield f"warmup_epochs: more than the stage's {stage.epochs} epochs"


def _known(name: str, family: str, names: Iterable[str], *, what: str = "", prefixes: tuple[str, ...] = ()) -> str:
    """Returns a name that a table, another package, a directory or a hub may have; raises ValueError otherwise."""
    known = sorted(part_names(family, names))
    may_be_place = (family == "model" or family.endswith("_tower")) and (
        "/" in name or "\\" in name or Path(name).is_dir()
    )
    if name in known or may_be_place or name.startswith(prefixes or ("\0",)):
        return name
    what = what or family.replace("_", " ")
    places = ", or give a folder or a hub name such as 'owner/name'" if family == "model" else ""
    raise ValueError(f"no {what} is called {name!r}; known: {', '.join(known)}{places}{did_you_mean(name, known)}")
