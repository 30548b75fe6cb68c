"""The words that a text tower knows: one file of a bundle, a lexicon for each language."""

import zipfile
from collections.abc import Iterable, Mapping
from functools import cache, cached_property, lru_cache
from pathlib import Path

from twinlens.errors import BundleError
from twinlens.whole_file import whole_file
from twinlens.words.lexicon import Lexicon, pack, unpack
from twinlens.words.spelled import alphabet_of

WORDS = "words.zip"
SIGNS = "signs"
REMEMBERED = 100_000  # levels of words that were looked up: captions repeat them
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same words give the same file
ALPHABETS = {
    **dict.fromkeys(("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "tr", "vi"), "latin"),
    **{"ru": "cyrillic", "uk": "cyrillic", "ar": "arabic", "hi": "devanagari"},
}


class WordList:
    """Opens each language on its first use; may be shared between threads.

    Args:
        path: the file ``words.zip``.

    Raises:
        BundleError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with zipfile.ZipFile(path) as file:
                names = [Path(name).stem for name in file.namelist() if name.endswith(".txt")]
        except (OSError, zipfile.BadZipFile) as error:
            raise BundleError(f"{path} is not a word list ({error}); get the bundle again") from error
        self.languages = tuple(name for name in names if name not in (SIGNS, "LICENSE"))
        self.lexicon = cache(self._lexicon)
        self.level = lru_cache(maxsize=REMEMBERED)(self._level)

    def languages_of(self, word: str) -> list[str]:
        """The languages that are written in the alphabet of a word."""
        alphabet = alphabet_of(word)
        return [one for one in self.languages if ALPHABETS.get(one, "latin") == alphabet]

    @cached_property
    def signs(self) -> frozenset[str]:
        """The characters of Chinese, Japanese and Korean that are known."""
        return frozenset(self._read(SIGNS))

    def _level(self, language: str, word: str) -> int | None:
        """How rare a word is in a language; see ``Lexicon.level``."""
        return self.lexicon(language).level(word)

    def _lexicon(self, language: str) -> Lexicon:
        try:
            return unpack(self._read(language))
        except ValueError as error:
            raise BundleError(f"{self._path} is damaged: {language}: {error}; get the bundle again") from error

    def _read(self, name: str) -> str:
        try:
            with zipfile.ZipFile(self._path) as file:
                return file.read(f"{name}.txt").decode()
        except KeyError:
            return ""
        except (OSError, zipfile.BadZipFile, UnicodeDecodeError) as error:
            raise BundleError(f"{self._path} cannot be read ({error}); get the bundle again") from error


def save_word_list(
    path: Path, levels: Mapping[str, Mapping[str, int]], *, signs: Iterable[str] = (), license_text: str = ""
) -> None:
    """Writes a word list.

    Args:
        path: of the file.
        levels: language → word in small letters → level, from 0 for every second word on; see ``Lexicon``.
        signs: known characters of Chinese, Japanese and Korean.
        license_text: whose lists these are.
    """
    texts = {language: pack(levels[language]) for language in levels}
    texts |= {SIGNS: "".join(sorted(set(signs))), "LICENSE": license_text}
    with whole_file(path) as place, zipfile.ZipFile(place, "w") as file:
        for name, text in texts.items():
            if text:
                entry = zipfile.ZipInfo(f"{name}.txt", _LONG_AGO)
                file.writestr(entry, text.encode(), compress_type=zipfile.ZIP_LZMA)
