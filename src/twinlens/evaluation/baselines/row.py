"""Results of a baseline."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Baseline:
    """Results of a method without a trained dual encoder on a split.

    Attributes:
        name: of the method.
        uses: the information it uses, as text for the report.
        text_to_image: metrics as in ``evaluate``.
        image_to_text: the same for image → text.
    """

    name: str
    uses: str
    text_to_image: dict[str, float]
    image_to_text: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """The fields for JSON."""
        return asdict(self)
