import math
import sys

import pytest

from installed_package import install_package
from twinlens.errors import UnknownPartError
from twinlens.plugins import did_you_mean, load_part, load_part_module, part_names
from twinlens.stores import STORES
from twinlens.training.parts.losses import LOSSES

TABLE = {"root": "math:sqrt", "absolute": "builtins:abs"}


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Installs a package with parts; its module is forgotten after the test."""
    modules: list[str] = []

    def install(family: str, parts: dict[str, str], *, module: str, source: str) -> None:
        install_package(tmp_path / "site", module, source, family=family, parts=parts)
        monkeypatch.syspath_prepend(str(tmp_path / "site"))
        modules.append(module)

    yield install
    for module in modules:
        sys.modules.pop(module, None)


def test_built_in_part_is_found_by_its_name():
    assert load_part("function", TABLE, "root")(9.0) == 3.0
    assert load_part("function", TABLE, "absolute") is abs


def test_unknown_part_names_its_family_the_known_parts_and_the_nearest():
    with pytest.raises(UnknownPartError) as error:
        load_part("function", TABLE, "rot")
    assert str(error.value) == "no function is called 'rot'; known: absolute, root; did you mean 'root'?"


def test_part_of_no_likeness_offers_nothing():
    with pytest.raises(UnknownPartError) as error:
        load_part("function", TABLE, "zzz")
    assert "did you mean" not in str(error.value)
    assert "absolute, root" in str(error.value)


def test_empty_family_knows_nothing():
    with pytest.raises(UnknownPartError, match="no planet is called 'pluto'"):
        load_part("planet", {}, "pluto")


@pytest.mark.parametrize("module", ["statistics", "fractions"])
def test_part_of_a_missing_module_is_no_unknown_part(module):
    with pytest.raises((ImportError, AttributeError)):
        load_part("function", {"broken": f"{module}:no_such_thing"}, "broken")


def test_names_of_a_family_without_installed_parts_are_those_of_its_table():
    assert part_names("function", TABLE) == ["root", "absolute"]
    assert part_names("planet", {}) == []


def test_module_of_a_built_in_part_is_the_one_in_the_table():
    assert load_part_module("function", TABLE, "root") is math
    with pytest.raises(UnknownPartError, match="did you mean 'root'"):
        load_part_module("function", TABLE, "rot")


class TestInstalledParts:
    def test_names_of_installed_parts_follow_the_built_in_ones(self, installed):
        parts = {name: f"outside_names:{name}" for name in ("twice", "double", "root")}
        installed("function", parts, module="outside_names", source="raise RuntimeError('imported too early')\n")
        assert part_names("function", TABLE) == ["root", "absolute", "double", "twice"]
        assert part_names("store", STORES) == list(STORES)

    def test_module_of_an_installed_part_is_that_of_its_entry_point(self, installed):
        source = "from math import sqrt\nbeside = 'here'\n"
        installed("function", {"other": "outside_module:sqrt"}, module="outside_module", source=source)
        assert load_part("function", TABLE, "other") is math.sqrt
        assert load_part_module("function", TABLE, "other").beside == "here"

    def test_part_of_another_package_is_found(self, installed):
        installed("function", {"double": "outside_parts:double"}, module="outside_parts", source="double = 'ours'\n")
        assert load_part("function", TABLE, "double") == "ours"

    def test_part_of_another_package_is_offered_as_near_spelling(self, installed):
        installed("function", {"double": "outside_near:double"}, module="outside_near", source="double = 1\n")
        with pytest.raises(UnknownPartError, match="known: absolute, double, root; did you mean 'double'"):
            load_part("function", TABLE, "doubel")

    def test_nothing_is_imported_before_it_is_asked_for(self, installed):
        source = "raise RuntimeError('imported too early')\n"
        installed("function", {"bomb": "outside_bomb:part"}, module="outside_bomb", source=source)
        assert load_part("function", TABLE, "root")(4.0) == 2.0
        with pytest.raises(UnknownPartError, match="bomb"):
            load_part("function", TABLE, "bom")
        assert "outside_bomb" not in sys.modules
        with pytest.raises(UnknownPartError, match="imported too early"):
            load_part("function", TABLE, "bomb")

    def test_built_in_part_cannot_be_replaced_from_outside(self, installed):
        installed("function", {"root": "outside_thief:part"}, module="outside_thief", source="part = 'stolen'\n")
        assert load_part("function", TABLE, "root")(16.0) == 4.0

    def test_part_of_another_family_is_not_offered(self, installed):
        installed("store", {"double": "outside_store:part"}, module="outside_store", source="part = 1\n")
        with pytest.raises(UnknownPartError, match="known: absolute, root"):
            load_part("function", TABLE, "double")


@pytest.mark.parametrize("name", STORES)
def test_every_store_of_the_table_can_be_loaded(name):
    assert callable(load_part("store", STORES, name))


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_of_the_table_can_be_loaded(name):
    assert callable(load_part("loss", LOSSES, name))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("exakt", "; did you mean 'exact'?"),
        ("exact", "; did you mean 'exact'?"),
        ("milvs", "; did you mean 'milvus'?"),
        ("", ""),
        ("q", ""),
    ],
)
def test_hint_is_the_nearest_name_or_nothing(name, hint):
    assert did_you_mean(name, ["exact", "milvus", "faiss"]) == hint


def test_no_known_names_give_no_hint():
    assert did_you_mean("exact", []) == ""
