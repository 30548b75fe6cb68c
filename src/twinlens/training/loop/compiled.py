"""Towers compiled by ``torch.compile`` while they are trained."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from twinlens.errors import TrainingError
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.recipe import Stage

BACKEND = "inductor"


def compile_towers(model: TwoTowers, stage: Stage) -> None:
    """Compiles the towers that a stage trains, on their first call; frozen ones run as they are."""
    towers: tuple[tuple[nn.Module, str], ...] = (model.image.tower, stage.image), (model.text.tower, stage.text)
    for tower, parts in towers:
        if parts == "frozen":
            tower._compiled_call_impl = None  # a later stage may export it, to compute its features
        else:
            tower.compile(backend=BACKEND)


@contextmanager
def explain_compilation() -> Iterator[None]:
    """Turns an error of the compiler into a one-line error that says what to do.

    Raises:
        TrainingError: with the first line of the compiler's message.
    """
    try:
        yield
    except RuntimeError as error:
        from torch._dynamo.exc import TorchDynamoException  # takes a second to import

        if not isinstance(error, TorchDynamoException):
            raise
        cause = getattr(error, "inner_exception", error)  # what a backend raised
        reason = " ".join([f"{type(cause).__name__}:", *str(cause).strip().splitlines()[:1]])
        raise TrainingError(f"torch.compile failed here ({reason}); set trainer.compile = false") from error
