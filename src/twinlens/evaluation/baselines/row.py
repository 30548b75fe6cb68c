"""One row of a table of baselines."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Baseline:
    """What a method without a trained dual encoder gives on a split.

    Attributes:
        name: of the method.
        uses: what it was allowed to look at, in words, for the table.
        text_to_image: measures as in ``evaluate``.
        image_to_text: the same, the other way.
    """

    name: str
    uses: str
    text_to_image: dict[str, float]
    image_to_text: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON has them."""
        return asdict(self)
