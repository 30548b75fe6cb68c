"""Photos taken on a day or in a span of days."""

from twinlens.collection.searching.dates import parse_period, taken_in
from twinlens.collection.searching.filtering import Filter

DATE = Filter(
    name="date",
    kind="date",
    label="Date",
    help="Taken on a day or in a span, such as 2023-06-30, 2023-06-01..2023-06-30, 'last summer', 'christmas 2022'.",
    example="2023-06-01..2023-06-30",
    max_length=100,
    parse=parse_period,
    condition=taken_in,
    phrase="taken {}",
    has_input=False,
)
