"""Emoji as words: each one by its name, because text towers are trained on words."""

import re
import unicodedata
from functools import cache
from importlib.resources import files

_PICTURES = "⌚⌛⌨⏏⏩-⏳⏸-⏺◻-◾☀-➿⬅-⬇⬛⬜⭐⭕\U0001f000-\U0001f1e5\U0001f200-\U0001faff"
_ADDED = "[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"  # how to draw it, skin tones, tags of flags
_FLAG = "[\U0001f1e6-\U0001f1ff]{1,2}"
_ONE = f"(?:{_FLAG}|[{_PICTURES}]{_ADDED}(?:\u200d[{_PICTURES}]{_ADDED})*\u200d?)"
_EMOJI = re.compile(_ONE)
_REPEATED = re.compile(rf"({_ONE})(?:\s*\1)+")
_DRAWN = re.compile("[\ufe0e\ufe0f\u20e3]")
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")
_TAGS = range(0xE0021, 0xE007F)

_NAMES = {  # where Unicode's name tells how the sign is printed, or is not what people call it
    "☀": "sun", "⭐": "star", "❤": "red heart", "❣": "red heart", "♥": "red heart", "☎": "telephone",
    "🌤": "sun and cloud", "🌥": "sun and cloud", "🌦": "sun, cloud and rain", "🔪": "kitchen knife",
    "🗿": "stone statue", "🏳": "white flag", "🏴": "black flag", "💻": "laptop", "🔦": "flashlight",
    "👓": "glasses", "🎒": "backpack", "👢": "boot", "🎯": "dartboard", "⏳": "hourglass",
    "🚣": "person rowing a boat", "🛌": "person in bed", "⛹": "person bouncing a ball", "⛑": "helmet",
    "🏘": "houses", "⚡": "lightning", "🛑": "stop sign", "🍆": "eggplant", "🎱": "pool ball", "🏓": "table tennis",
    "👯": "women dancing", "🧑": "person", "🚶": "person walking", "🏃": "person running",
    "🚴": "person riding a bicycle", "🏄": "surfer", "🤷": "person shrugging", "💮": "white flower",
    "⚪": "white circle", "⚫": "black circle", "♻": "recycling", "✅": "check mark", "❎": "cross mark",
    "⭕": "red circle", "☑": "check mark", "✒": "pen", "☕": "cup of coffee", "🦖": "tyrannosaurus",
    "👱": "person with blond hair", "🅿": "parking sign", "🃏": "playing card", "⛄": "snowman",
    "🐻‍❄": "polar bear", "🐈‍⬛": "black cat", "🐦‍⬛": "black bird", "🐕‍🦺": "service dog", "🏳‍🌈": "rainbow flag",
    "🏴‍☠": "pirate flag", "❤‍🔥": "burning heart", "❤‍🩹": "mending heart", "👁‍🗨": "eye",
    "😶‍🌫": "face in clouds", "🧑‍🎄": "santa claus", "⛓‍💥": "broken chain", "🏳‍⚧": "transgender flag",
    "🍄‍🟫": "brown mushroom", "🍋‍🟩": "lime", "🕵": "detective", "🩷": "pink heart", "🩵": "light blue heart",
    "🩶": "grey heart", "🫎": "moose", "🫏": "donkey", "🪽": "wing", "🪿": "goose", "🪼": "jellyfish",
    "🪻": "hyacinth", "🫚": "ginger root", "🫛": "pea pod", "🪭": "folding fan", "🪇": "maracas", "🪈": "flute",
    "🫨": "shaking face", "🫷": "pushing hand", "🫸": "pushing hand",
}  # fmt: skip
_WITH_PERSON = {  # what the second picture means beside a person
    "♀": "", "♂": "", "⚕": "doctor", "🌾": "farmer", "🎓": "student", "🏫": "teacher", "⚖": "judge",
    "🔧": "mechanic", "🏭": "factory worker", "💼": "office worker", "🔬": "scientist", "💻": "at a computer",
    "🎤": "singer", "🎨": "artist", "✈": "pilot", "🚀": "astronaut", "🚒": "firefighter", "🍼": "feeding a baby",
    "🦯": "with a white cane", "🦼": "in a wheelchair", "🦽": "in a wheelchair", "🦰": "with red hair",
    "🦱": "with curly hair", "🦳": "with white hair", "🦲": "bald", "➡": "", "⚧": "",
}  # fmt: skip
_PEOPLE = dict(zip("👨👩🧑👦👧🧒👶", ("man", "woman", "person", "boy", "girl", "child", "baby"), strict=True))
_GENDERS = {"♀": "woman", "♂": "man"}
_PRINTED = re.compile(r"\b(?:black|white|heavy|medium|small|large) (?=\w)")  # of signs older than emoji
_NOISE = re.compile(r"^(?:negative )?(?:squared|circled) (?:latin capital letter )?| (?:sign|symbol)$")


def is_emoji(text: str) -> bool:
    """Whether a text begins with an emoji.

    >>> is_emoji("🐱"), is_emoji("→"), is_emoji("5")
    (True, False, False)
    """
    return not text.isascii() and _EMOJI.match(text) is not None


def emoji_as_words(text: str) -> str:
    """A text with each emoji replaced by its name; skin tones and repetitions are left out.

    Flags become their country. An emoji without a name, such as one that is newer than this
    Python, is left out, too, unless there is nothing else.

    >>> emoji_as_words("🐶 at the 🏖️"), emoji_as_words("👩🏽‍🍳"), emoji_as_words("🇮🇹🎆🎆")
    ('dog face at the beach with umbrella', 'woman cooking', 'flag of Italy fireworks')
    """
    if text.isascii() or not (_EMOJI.search(text) or _DRAWN.search(text)):
        return text
    named = _EMOJI.sub(lambda found: f" {_name(found[0])} ", _REPEATED.sub(r"\1", text))
    return " ".join(_DRAWN.sub("", named).split()) or text


def _name(emoji: str) -> str:
    if "\U0001f1e6" <= emoji[0] <= "\U0001f1ff":
        return _flag("".join(chr(ord(letter) - 0x1F1E6 + ord("A")) for letter in emoji))
    if tags := "".join(chr(ord(one) - 0xE0000) for one in emoji if ord(one) in _TAGS):
        return _flag(tags.upper())
    plain = _SKIN.sub("", _DRAWN.sub("", emoji)).strip("\u200d")
    parts = plain.split("\u200d")
    if plain in _NAMES or len(parts) == 1:
        return _NAMES.get(plain) or _plain_name(plain)
    return _name_of_joined(parts)


def _name_of_joined(parts: list[str]) -> str:
    """The name of pictures joined into one, such as a person and a tool."""
    people = [_PEOPLE[part] for part in parts if part in _PEOPLE]
    if len(people) > 1:
        if "💋" in parts:
            return "couple kissing"
        return "couple in love" if "❤" in parts else "family" if "🤝" not in parts else "people holding hands"
    names = [_GENDERS[part] for part in parts if part in _GENDERS]
    for place, part in enumerate(parts):
        meant = _WITH_PERSON.get(part) if place else None
        names.append(_NAMES.get(part) or _plain_name(part) if meant is None else meant)
    if len(names) > 1 and names[0] in _GENDERS.values():  # "woman person running"
        names[1] = names[1].removeprefix("person ").removeprefix("man ").removeprefix("woman ")
    return " ".join(name for name in names if name)


def _plain_name(picture: str) -> str:
    if picture in _PEOPLE:
        return _PEOPLE[picture]
    name = unicodedata.name(picture, "").lower() if len(picture) == 1 else ""
    if "ideograph" in name or "katakana" in name or "regional" in name or "fitzpatrick" in name:
        return ""
    if picture < "\U0001f000" or "backhand index" in name:
        name = _PRINTED.sub("", name)
    return _NOISE.sub("", name)


def _flag(code: str) -> str:
    return f"flag of {_countries()[code]}" if code in _countries() else ""


@cache
def _countries() -> dict[str, str]:
    lines = files("twinlens.words").joinpath("flags.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines)
