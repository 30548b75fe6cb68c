"""Photos taken in a year or in several."""

from twinlens.collection.searching.dates import parse_period, taken_in
from twinlens.collection.searching.filtering import Filter

YEAR = Filter(
    name="year",
    kind="date",
    label="Year",
    help="Taken in this year, or in years such as 2020..2022, 'last year'.",
    example="2020..2022",
    max_length=100,
    parse=parse_period,
    condition=taken_in,
    phrase="taken {}",
    has_input=False,
)
