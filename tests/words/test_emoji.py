import pytest

from twinlens.words.emoji import emoji_as_words


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("🐶", "dog face"),
        ("🎆", "fireworks"),
        ("👩‍🍳", "woman cooking"),
        ("👩🏿‍🚒", "woman firefighter"),
        ("🏃🏽‍♂️", "man running"),
        ("👨‍👩‍👧‍👦", "family"),
        ("👩‍❤️‍💋‍👨", "couple kissing"),
        ("🐻‍❄️", "polar bear"),
        ("❤️", "red heart"),
        ("☃", "snowman"),
        ("⭐️", "star"),
        ("🇩🇪", "flag of Germany"),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", "flag of Scotland"),
        ("🏴‍☠️", "pirate flag"),
        ("🪿", "goose"),
        ("1️⃣ 🐱", "1 cat face"),
        ("dog🐶cat", "dog dog face cat"),
        ("🎉🎉 🎉", "party popper"),
        ("a 🐶 on a 🏖️", "a dog face on a beach with umbrella"),
    ],
)
def test_an_emoji_is_read_as_its_name(text: str, read: str) -> None:
    assert emoji_as_words(text) == read


@pytest.mark.parametrize("text", ["a dog", "naïve café", "2 × 3 → 6 ©", "क्‍ष", "狗", "", " \t"])
def test_a_text_without_emoji_stays_as_it_is(text: str) -> None:
    assert emoji_as_words(text) == text


def test_what_has_no_name_is_left_out_beside_words_and_kept_alone() -> None:
    assert emoji_as_words("\U0001fbff dog \U0001f6fe 🇽🇽") == "\U0001fbff dog"  # the first is a sign, not a picture
    assert emoji_as_words("🇽🇽") == "🇽🇽"


def test_no_name_holds_signs_that_no_tower_reads() -> None:
    pictures = [chr(code) for code in (*range(0x2600, 0x27C0), *range(0x1F300, 0x1FB00))]
    read = {picture: emoji_as_words(picture) for picture in pictures}
    odd = [name for picture, name in read.items() if name != picture and not name.isascii()]
    assert not odd
