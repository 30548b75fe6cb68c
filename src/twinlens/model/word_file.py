"""Read and write a bundle's list of the words that its text tower knows."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from twinlens.model.bundle import Bundle, file_record, write_manifest
from twinlens.words.word_list import WORDS, WordList, save_word_list


def open_words(bundle: Bundle) -> WordList | None:
    """The bundle's word list; None if it has none.

    Raises:
        BundleError: it is damaged.
    """
    return WordList(bundle.verified(WORDS)) if WORDS in bundle.manifest.files else None


def save_words(
    bundle: Bundle, levels: Mapping[str, Mapping[str, int]], *, signs: Iterable[str] = (), license_text: str = ""
) -> Path:
    """Adds or replaces a bundle's word list; see ``save_word_list``.

    The fingerprint stays the same, unless English has a tower of its own: the list tells what is English.
    """
    path = bundle.directory / WORDS
    save_word_list(path, levels, signs=signs, license_text=license_text)
    files = {**bundle.manifest.files, WORDS: file_record(path)}
    write_manifest(bundle.directory, bundle.manifest.model_copy(update={"files": files}))
    return path
