"""What every filter must do; a filter's tests inherit this before they have their own."""

import re
from pathlib import Path
from typing import Any

import pytest

from twinlens.collection.collection import Collection
from twinlens.collection.searching.filtering import Filter, Filters, known_filters
from twinlens.errors import QueryError


class FilterContract:
    """Inherit it and name the filter, values that it takes, and values that it must refuse."""

    filter: Filter
    values: tuple[Any, ...] = ()
    wrong_values: tuple[Any, ...] = ()

    def test_it_is_found_by_its_own_name(self) -> None:
        assert known_filters()[self.filter.name] is self.filter
        assert re.fullmatch(r"[a-z][a-z_]*", self.filter.name)

    def test_it_is_told_in_a_line(self) -> None:
        assert self.filter.label.strip()
        assert self.filter.help.endswith(".")
        assert "\n" not in self.filter.help

    def test_its_example_is_a_value(self) -> None:
        values = self.filter.choices or [self.filter.example]
        for value in filter(None, values):
            assert self.filter.parse(value) is not None
            assert re.search(self.filter.pattern or "", value)
            assert len(value) <= (self.filter.max_length or len(value))

    def test_every_value_is_sql_that_the_catalog_understands(self, tmp_path: Path) -> None:
        with Collection.create([tmp_path]) as collection:
            for value in self.values:
                assert collection.count(**{self.filter.name: value}) == 0

    def test_what_is_read_can_be_compared_told_and_read_again(self) -> None:
        for value in self.values:
            filters = Filters(**{self.filter.name: value})
            assert hash(filters) == hash(Filters(**{self.filter.name: value}))
            assert Filters(**filters) == filters
            (phrase,) = filters.phrases()
            assert phrase.strip()

    def test_other_values_are_refused_with_what_is_wanted_and_what_came(self) -> None:
        for value in self.wrong_values:
            with pytest.raises(QueryError) as error:
                self.filter.parse(value)
            assert repr(value) in str(error.value)
            assert not str(error.value).startswith(self.filter.name), "the name is put before it"
