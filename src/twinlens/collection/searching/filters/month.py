"""Photos taken in a month, of one year or of any."""

from twinlens.collection.searching.dates import parse_month, taken_in_month
from twinlens.collection.searching.filtering import Filter

MONTH = Filter(
    name="month",
    kind="date",
    label="Month",
    help="Taken in this month, such as 2023-06, 'June 2023'; of any year: june, 06, june..august.",
    example="2023-06",
    max_length=100,
    parse=parse_month,
    condition=taken_in_month,
    phrase="taken in month {}",
    has_input=False,
)
