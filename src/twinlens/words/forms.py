"""Whether a word is a form of a known one: an ending, a prefix, or a compound of known words."""

import re
from collections.abc import Iterator

from twinlens.words.lexicon import Lexicon
from twinlens.words.spelled import without_accents

SHORTEST_STEM = 4
LONGEST_COMPOUND = 100  # letters; the longest word of Duden has 67, and each letter costs a look into the list
SHORTEST_PART = 3
USUAL_PART = 8  # level: shorter parts of compounds must be as frequent, or anything would be one
COMPOUNDING = {"de": ("", "s", "n", "en", "e", "er", "es"), "nl": ("", "s", "e", "en"), "en": ("",)}
_SHORTEST_PARTS = {"en": 4}
_ENDINGS = {  # any two of a language, on one stem, are forms of one word; an empty one is marked by "-"
    "de": "e en er es em n s st t te ten tet end ende enden endes ender chen lein ste sten ster in innen ern",
    "nl": "e en s t je jes tje tjes er ers te ten de den ende es",
    "fr": "e s es er ers ez ent é ée és ées ait aient ant ante ants antes é eur eurs euse euses eux a ai",
    "es": "a o as os es ar er ir ado ada ados adas ando iendo an en e ido ida idos idas ito ita itos itas ción",
    "pt": "a o as os es ar er ir ado ada ados adas ando endo indo am em e ido ida idos idas inho inha ão ões",
    "it": "a o e i are ere ire ato ata ati ate ando endo ano ono uto uta uti ute ito ita iti ite ino ina ini",
    "pl": "- a e i o u y ą ę ie em ów om ach ami owi ować uje ują ł ła ło li ły ć ego emu ej ym ich ych iego ka "
    "ki ce ek ka kę ką ku kiem cie na ne ny nych nym ną nego wy we wa wych cy ący ąca ące ących ącym ącej "
    "ącego ania aniu",
    "cs": "- a e ě i í o u ů y ou em om am ám ech ích ách ami emi ím ími ích ého ému ém ým ých ými ou á é ý l "
    "la lo li ly t je í ají ící icí ka ky ce ek ku kou kách na ne ny ný ná né ných nou ova ově ovi ové",
    "ru": "- а я о е ё и ы у ю ь й ой ей ою ею ом ем ам ям ами ями ах ях ов ев ый ий ая яя ое ее ые ие ого его "
    "ому ему ым им ых их ую юю ть л ла ло ли ет ит ют ут ят ат ся сь щий щая щие щее ка ки ке ку кой ок "
    "ный ная ное ные ных ным",
    "uk": "- а я о е є и і ї у ю ь й ой ей ою ею ом ем ам ям ами ями ах ях ів їв ий ій ої ого ому им их ими ую "
    "юю ти в ла ло ли є ить ють уть ять ся чий ча чі че ка ки ці ку кою ок ний на не ні них ним ного",
    "hi": "- ा ी े ि ो ों ें ियों ियाँ ियां ाओं ओं ता ते ती ना ने नी या ये यी एं ाएं कर",
}
_ONLY_FULL_STEMS = {  # endings after a whole known word
    "en": "s es d ed ing er ers est ly y ish like less ness ful",
    "fr": "s x e es",
    "es": "s es mente",
    "pt": "s es mente",
    "it": "mente",
    "tr": "",
}
_TURKISH = re.compile(
    "(?:l[ae]r|[iu]m|[iu]n|s[iu]|[iu]|[ae]|y[iuae]|n[iuae]n?|d[ae]n?|t[ae]n?|ki|l[iu]|c[iu]|s[iu]z|l[iu]k|l[ae]|c[ae]"
    "|m[ae]k?|y?[ae]n|y?[ae]r[ae]k|[iua]?yor|d[iu]k?|t[iu]|m[iu]s|[iuae]r|[iu]l|[iu]p|n|m|g[iu])+"
)
_ARABIC_STARTS = (
    "",
    "ال",
    "و",
    "وال",
    "ب",
    "بال",
    "ف",
    "فال",
    "ك",
    "كال",
    "ل",
    "لل",
    "س",
    "ي",
    "ت",
    "ن",
    "ا",
    "ول",
    "وب",
    "وي",
    "وت",
)
_ARABIC_ENDS = (
    "",
    "ه",
    "ها",
    "هم",
    "هن",
    "هما",
    "ك",
    "ي",
    "نا",
    "ا",
    "ات",
    "ون",
    "ين",
    "ان",
    "تان",
    "تين",
    "وا",
    "يه",
    "ته",
    "تها",
    "اتهم",
)


def is_known_form(word: str, lexicon: Lexicon, language: str) -> bool:
    """Whether a word is an inflected form, a derived one, or a compound of the words of a language.

    Args:
        word: in small letters.
        lexicon: of the language.
        language: its code.
    """
    bare = without_accents(word)
    match language:
        case "ar":
            return any(lexicon.has(stem) or lexicon.has(f"{stem}ه") for stem in _arabic_stems(bare))
        case "tr":
            return any(_TURKISH.fullmatch(bare[end:]) and lexicon.has(bare[:end]) for end in range(2, len(bare)))
    return (
        any(lexicon.has(stem) for stem in _whole_stems(bare, language))
        or _shares_stem(bare, lexicon, language)
        or (language in COMPOUNDING and is_compound(bare, lexicon, language))
    )


def is_compound(word: str, lexicon: Lexicon, language: str, *, parts: int = 3) -> bool:
    """Whether a word is made of known ones: Strandkorb = Strand + Korb."""
    if len(word) > LONGEST_COMPOUND:
        return False
    shortest = _SHORTEST_PARTS.get(language, SHORTEST_PART)
    for end in range(len(word) - shortest, shortest - 1, -1):
        first, rest = word[:end], word[end:]
        if not _is_part(first, lexicon):
            continue
        for link in COMPOUNDING[language]:
            if rest.startswith(link) and len(last := rest.removeprefix(link)) >= shortest:
                if _is_part(last, lexicon) or any(lexicon.has(stem) for stem in _whole_stems(last, language)):
                    return True
                if len(last) > SHORTEST_STEM and _shares_stem(last, lexicon, language):
                    return True
                if parts > 2 and is_compound(last, lexicon, language, parts=parts - 1):
                    return True
    return False


def _is_part(word: str, lexicon: Lexicon) -> bool:
    if len(word) > SHORTEST_PART:
        return lexicon.has(word)
    level = lexicon.level(word)
    return level is not None and level <= USUAL_PART


def _whole_stems(word: str, language: str) -> Iterator[str]:
    """What is left of a word without an ending, spelled as it would be alone."""
    for ending in _ONLY_FULL_STEMS.get(language, "").split():
        stem = word.removesuffix(ending)
        if len(stem) < SHORTEST_PART or stem == word:
            continue
        if ending != "es" or stem.endswith(("s", "x", "z", "ch", "sh", "o")) or language != "en":
            yield stem
        if language == "en" and ending != "s":
            if ending[0] in "ei":
                yield f"{stem}e"  # hiking
            if stem[-1] == stem[-2]:
                yield stem[:-1]  # running
            if stem[-1] == "i":
                yield f"{stem[:-1]}y"  # puppies


def _shares_stem(word: str, lexicon: Lexicon, language: str) -> bool:
    """Whether a known word differs in the ending only."""
    endings = {without_accents(ending.strip("-")) for ending in _ENDINGS.get(language, "").split()}
    for ending in endings:
        stem = word.removesuffix(ending)
        if len(stem) < SHORTEST_STEM - (language == "hi") * 2 or (ending and stem == word):
            continue
        if lexicon.has(stem) or any(rest in endings for rest in lexicon.rests(stem)):
            return True
    return False


def _arabic_stems(word: str) -> Iterator[str]:
    for start in _ARABIC_STARTS:
        for end in _ARABIC_ENDS:
            stem = word[len(start) : len(word) - len(end)]
            if len(stem) >= SHORTEST_PART - 1 and word == start + stem + end and stem != word:
                yield stem
