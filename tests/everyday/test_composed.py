import pytest

from twinlens.everyday.composed import combinations, composed


def test_every_combination_of_a_line_is_a_text() -> None:
    text = "# pets\n@pet = a cat | a dog\n@any = @pet | a bird\n\n@any / | asleep\na cat / asleep\n"
    assert list(combinations(text)) == [
        "a cat",
        "a cat asleep",
        "a dog",
        "a dog asleep",
        "a bird",
        "a bird asleep",
        "a cat asleep",
    ]


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (["ein Mann", "kauft … ein", "in einem Supermarkt"], "ein Mann kauft in einem Supermarkt ein"),
        (["ein Mann", "kauft … ein", ""], "ein Mann kauft ein"),
        (["…", "eine Hochzeitsfeier"], "eine Hochzeitsfeier"),
        (["eine Frau {f}", "sitzt~sitzen"], "eine Frau sitzt"),
        (["zwei Personen {p}", "sitzt~sitzen"], "zwei Personen sitzen"),
        (["un homme", "assis~assise~assis~assises"], "un homme assis"),
        (["une femme {f}", "assis~assise~assis~assises"], "une femme assise"),
        (["des enfants {p}", "endormi~endormie~endormis~endormies"], "des enfants endormis"),
        (["deux filles {fp}", "endormi~endormie~endormis~endormies"], "deux filles endormies"),
    ],
)
def test_parts_stand_where_the_language_wants_them_and_in_the_form_of_the_first(parts: list[str], text: str) -> None:
    assert composed(parts) == text


def test_languages_without_spaces_have_none() -> None:
    assert composed(["一个男孩", "…跑步", "在海滩上"], spaces=False) == "一个男孩在海滩上跑步"
