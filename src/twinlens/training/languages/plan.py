"""How a text tower is taught."""

from dataclasses import dataclass, field

from twinlens.training.languages.loss import TermWeights


@dataclass(frozen=True)
class TeachingPlan:
    """How a tower is taught.

    Attributes:
        steps: number of steps; the learning rate falls to 0 as a cosine.
        captions: captions of photos in a step.
        taught: texts without a photo in a step.
        frozen: number of the tower's first blocks that stay as they are, including the word embeddings.
        learning_rate: of the tower's other blocks.
        head_learning_rate: of the head.
        dropout: on the text features.
        photo_learning_rate: of the image tower's head.
        photo_start: step from which that head is trained; before, the text tower learns where the photos are.
        photo_dropout: on the photos' features.
        other_photos: photos that each step compares with, besides those of its captions.
        ema_decay: of the moving average, which is the result.
        warmup_steps: until the full learning rate.
        check_every: steps between checkpoints.
        max_tokens: of a text.
        languages: how often each language is drawn, beside English.
        loss: weights of the parts.
        seed: of the drawing.
    """

    steps: int = 1250
    captions: int = 64
    taught: int = 64
    frozen: int = 5
    learning_rate: float = 1e-4
    head_learning_rate: float = 1e-3
    dropout: float = 0.1
    photo_learning_rate: float = 3e-4
    photo_start: int = 600
    photo_dropout: float = 0.35
    other_photos: int = 3000
    ema_decay: float = 0.995
    warmup_steps: int = 50
    check_every: int = 100
    max_tokens: int = 64
    languages: tuple[tuple[str, float], ...] = (("de", 1.2), ("zh", 1.2), ("ja", 0.8), ("ar", 0.8))
    loss: TermWeights = field(default_factory=TermWeights)
    seed: int = 14
