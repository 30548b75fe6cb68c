from contextlib import suppress
from datetime import date, timedelta
from time import perf_counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from twinlens.collection.searching.dates import parse_period
from twinlens.collection.searching.dates_as_written import Period, find_period, period_of
from twinlens.collection.searching.dates_as_written.month_names import MONTHS
from twinlens.collection.searching.dates_as_written.period import FIRST_DAY, LAST_DAY, easter_sunday
from twinlens.collection.searching.dates_as_written.vocabulary import FEASTS, SEASONS, meanings, plain
from twinlens.errors import QueryError

TODAY = date(2023, 5, 17)  # a Wednesday
DATES_IN_WORDS = " ".join(" ".join(words) for words in meanings())


def read(text: str, today: date = TODAY) -> str | None:
    found = period_of(text, today=today)
    return None if found is None else str(found)


@pytest.mark.parametrize("language", MONTHS)
def test_months_by_their_names_in_every_form(language: str) -> None:
    for number, forms in enumerate(MONTHS[language].split(), start=1):
        for form in forms.split("/"):
            for written in (form, form.upper(), plain(form)):
                assert read(f"{written} 2021") == read(f"2021 {written}") == f"2021-{number:02}", written
                assert read(f"9 {written} 2021") == f"2021-{number:02}-09", written


def test_a_word_means_one_thing_in_all_languages() -> None:
    seen: dict[str, int] = {}
    for names in MONTHS.values():
        for number, forms in enumerate(names.split(), start=1):
            for form in forms.split("/"):
                assert seen.setdefault(plain(form), number) == number, form


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("June 2023", "2023-06"),
        ("jun '21", "2021-06"),
        ("May 3rd, 2021", "2021-05-03"),
        ("the 3rd of May 2021", "2021-05-03"),
        ("Friday 7 May 2021", "2021-05-07"),
        ("3. Mai 2021", "2021-05-03"),
        ("1er mai 2021", "2021-05-01"),
        ("5 de mayo de 2021", "2021-05-05"),
        ("5 мая 2021 г.", "2021-05-05"),
        ("05/2021", "2021-05"),
        ("2021.05.03", "2021-05-03"),
        ("25/06/2021", "2021-06-25"),
        ("06/25/2021", "2021-06-25"),
        ("3.5.2021", "2021-05-03"),
        ("2021年3月", "2021-03"),
        ("2021年3月5日", "2021-03-05"),
        ("2021년 3월 5일", "2021-03-05"),
        ("summer 2022", "2022-06..2022-08"),
        ("l'été 2020", "2020-06..2020-08"),
        ("verano de 2019", "2019-06..2019-08"),
        ("winter 2022", "2022-12..2023-02"),
        ("Winter 2022/23", "2022-12..2023-02"),
        ("christmas 2022", "2022-12-24..2022-12-26"),
        ("Weihnachten 2022", "2022-12-24..2022-12-26"),
        ("new year 2020", "2019-12-31..2020-01-01"),
        ("New Year's Eve 2019", "2019-12-31..2020-01-01"),
        ("easter 2021", "2021-04-02..2021-04-05"),
        ("in the 90s", "1990..1999"),
        ("1980s", "1980..1989"),
        ("die 90er Jahre", "1990..1999"),
        ("années 90", "1990..1999"),
        ("gli anni '80", "1980..1989"),
        ("the year 2021", "2021"),
        ("june to august 2021", "2021-06..2021-08"),
        ("von Juni bis August 2021", "2021-06..2021-08"),
        ("november to february 2021", "2020-11..2021-02"),
        ("3-5 May 2021", "2021-05-03..2021-05-05"),
        ("between 2019 and 2021", "2019..2021"),
        ("2019..2021", "2019..2021"),
        ("2019-2021", "2019..2021"),
        ("2020..", "2020.."),
        ("..June 2022", "..2022-06"),
        ("christmas to new year 2020", "2019-12-24..2020-01-01"),
    ],
)
def test_dates_that_name_their_year(written: str, period: str) -> None:
    assert read(written) == period
    assert read(period) == period


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("today", "2023-05-17"),
        ("yesterday", "2023-05-16"),
        ("vorgestern", "2023-05-15"),
        ("this week", "2023-05-15..2023-05-21"),
        ("last week", "2023-05-08..2023-05-14"),
        ("last weekend", "2023-05-13..2023-05-14"),
        ("weekend", "2023-05-13..2023-05-14"),
        ("fin de semana", "2023-05-13..2023-05-14"),
        ("last month", "2023-04"),
        ("letzten Monat", "2023-04"),
        ("l'année dernière", "2022"),
        ("this year", "2023"),
        ("3 years ago", "2020"),
        ("vor drei Jahren", "2020"),
        ("il y a 3 ans", "2020"),
        ("hace 3 años", "2020"),
        ("3 anni fa", "2020"),
        ("há 3 anos", "2020"),
        ("3 jaar geleden", "2020"),
        ("a month ago", "2023-04"),
        ("6 months ago", "2022-11"),
        ("last 3 months", "2023-02-17..2023-05-17"),
        ("last 10 days", "2023-05-07..2023-05-17"),
        ("last Friday", "2023-05-12"),
        ("Wednesday", "2023-05-17"),
        ("last Wednesday", "2023-05-10"),
        ("last summer", "2022-06..2022-08"),
        ("letzten Sommer", "2022-06..2022-08"),
        ("la Navidad pasada", "2022-12-24..2022-12-26"),
        ("last spring", "2022-03..2022-05"),  # this one is not over
        ("this spring", "2023-03..2023-05"),
        ("spring", "2023-03..2023-05"),
        ("June", "2022-06"),
        ("3 May", "2023-05-03"),
        ("29 February", "2020-02-29"),
        ("june to august", "2022-06..2022-08"),
        ("christmas last year", "2022-12-24..2022-12-26"),
        ("summer two years ago", "2021-06..2021-08"),
    ],
)
def test_dates_seen_from_today(written: str, period: str) -> None:
    assert read(written) == period


@pytest.mark.parametrize(
    ("today", "written", "period"),
    [
        (date(2023, 1, 10), "last winter", "2021-12..2022-02"),
        (date(2023, 1, 10), "this winter", "2022-12..2023-02"),
        (date(2023, 1, 10), "last month", "2022-12"),
        (date(2023, 5, 20), "last weekend", "2023-05-13..2023-05-14"),  # a Saturday
        (date(2023, 5, 22), "last weekend", "2023-05-20..2023-05-21"),  # a Monday
        (date(2024, 3, 31), "last 1 month", "2024-02-29..2024-03-31"),
    ],
)
def test_the_same_words_on_other_days(today: date, written: str, period: str) -> None:
    assert read(written, today) == period


@pytest.mark.parametrize("occasion", [*SEASONS.values(), *FEASTS.values()])
def test_seasons_and_feasts_in_every_language(occasion: str) -> None:
    assert len({read(f"{name} 2021") for name in occasion.split("/")}) == 1


@pytest.mark.parametrize(
    ("year", "day"),
    [(1900, "04-15"), (1943, "04-25"), (2000, "04-23"), (2008, "03-23"), (2021, "04-04"), (2038, "04-25")],
)
def test_easter_is_where_the_tables_put_it(year: int, day: str) -> None:
    assert easter_sunday(year).isoformat() == f"{year}-{day}"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("31 June 2021", "must be a date that exists, got '31 June 2021': June 2021 has the days 1 to 30"),
        ("2023-13", "must be a date that exists, got '2023-13': there is no month 13"),
        ("29 February 2023", "must be a date that exists, got '29 February 2023': February 2023 has the days 1 to 28"),
        ("30 February", "must be a date that exists, got '30 February': February .* has the days 1 to 2"),
        ("2022..2020", "must be a date that exists, got '2022..2020': it ends before it begins"),
        ("999 centuries", None),
        ("05/06/2021", "may be read in two ways, got '05/06/2021': write 2021-06-05 or 2021-05-06"),
    ],
)
def test_dates_that_do_not_exist_or_are_two(written: str, why: str | None) -> None:
    if why is None:
        assert read(written) is None
        return
    with pytest.raises(QueryError, match=f"^{why}"):
        read(written)
    assert find_period(f"beach {written}", today=TODAY) is None, "in a box of words they are words"


@pytest.mark.parametrize(
    "written", ["", " ", "..", "911", "99999", "sometime", "may flowers", "23", "a", "of", "-", "2021 2022"]
)
def test_what_is_no_date(written: str) -> None:
    assert read(written) is None


@pytest.mark.parametrize(
    ("words", "period", "rest"),
    [
        ("beach last summer", "2022-06..2022-08", "beach"),
        ("christmas 2022", "2022-12-24..2022-12-26", ""),
        ("a beach in summer 2022 with dogs", "2022-06..2022-08", "a beach with dogs"),
        ("dog in 2021", "2021", "dog"),
        ("photos from last week", "2023-05-08..2023-05-14", "photos"),
        ("Paris, 3 May 2021", "2021-05-03", "Paris"),
        ("kids june to august 2021", "2021-06..2021-08", "kids"),
        ("from 2019 to 2021 dogs", "2019..2021", "dogs"),
        ("perro en el verano de 2019", "2019-06..2019-08", "perro"),
        ("plage l'été dernier", "2022-06..2022-08", "plage"),
        ("vor 3 Jahren am Meer", "2020", "am Meer"),
        ("party in the 90s", "1990..1999", "party"),
        ("yesterday", "2023-05-16", ""),
        ("may 2021", "2021-05", ""),
        ("no christmas 2022", "2022-12-24..2022-12-26", "no"),  # what is to be left out, not a part of the date
        ("海滩 2021年3月", "2021-03", "海滩"),
        ("Cafe\u0301 märz 2021", "2021-03", "Café"),
    ],
)
def test_a_date_among_words(words: str, period: str, rest: str) -> None:
    found = find_period(words, today=TODAY)
    assert found is not None
    assert (str(found[0]), found[1]) == (period, rest)


@pytest.mark.parametrize(
    "words",
    [
        "911",
        "2021",
        "dog 2021",
        "may",
        "march",
        "a march in the street",
        "summer",
        "summer dress",
        "christmas tree",
        "easter island",
        "last supper",
        "last day of school",
        "people walking past summer house",
        "usa today",
        "hier bin ich",
        "90s party",
        "mar 2021",
        "IMG_2021-05-03",
        "dog - cat",
        "dog + 0.5 beach",
        "winter 1234",
        "a year",
        "made in 1950",
    ],
)
def test_words_that_are_no_unmistakable_date(words: str) -> None:
    assert find_period(words, today=TODAY) is None


PIECES = st.sampled_from(DATES_IN_WORDS.split() + "2021 1999 31 3 0 '21 .. - / . 2021-02-30 年 月 \u0301 x".split())
ANY_TEXT = st.one_of(st.text(max_size=120), st.lists(PIECES, max_size=12).map(" ".join), st.lists(PIECES).map("".join))


@given(text=ANY_TEXT, today=st.dates())
@settings(deadline=None, max_examples=400)
@example(text="999 years ago", today=date(500, 1, 1))
@example(text="last 999 weeks", today=date.min)
@example(text="winter 9999", today=TODAY)
@example(text="new year 0001", today=TODAY)
@example(text="yesterday", today=date.min)
def test_any_text_is_a_date_or_none_or_refused(text: str, today: date) -> None:
    try:
        found = period_of(text, today=today)
    except QueryError:
        found = None
    assert found is None or found.first <= found.last
    among = find_period(text, today=today)
    assert among is None or among[0].first <= among[0].last


@given(st.dates(), st.dates())
def test_a_period_is_read_from_its_own_text(one: date, other: date) -> None:
    for period in (
        Period(min(one, other), max(one, other)),
        Period(one, one),
        Period(one, LAST_DAY),
        Period(FIRST_DAY, other),
        Period(one.replace(month=1, day=1), one.replace(month=12, day=31)),
    ):
        assert period_of(str(period), today=TODAY) == period
        assert parse_period(str(period)) == str(period)


@pytest.mark.parametrize(
    "piece", ["may ", "2021 ", "1", "a", "..", "last summer ", "'", "3-", "2021-", "é", " ", "年", "in the "]
)
def test_a_long_text_is_not_read_long(piece: str) -> None:
    for length in (90, 990, 10_000):
        text = (piece * length)[:length]
        begun = perf_counter()
        for reader in (period_of, find_period):
            with suppress(QueryError):
                reader(text, today=TODAY)
        assert perf_counter() - begun < 5, "a tenth of a second where the machine is free"


def test_days_far_from_today_end_with_the_calendar() -> None:
    with pytest.raises(QueryError, match="must be a date that exists"):
        period_of("999 years ago", today=date.min + timedelta(days=400))
