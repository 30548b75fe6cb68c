"""What a checkpoint's README says of it: licence and languages."""

import re
from pathlib import Path

from twinlens.training.parts.pretrained import reading

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")


def licence_and_languages(directory: Path) -> tuple[str, list[str]]:
    """From the header of the folder's README.md, as on a model hub; empty where it does not say."""
    file = directory / "README.md"
    if not file.is_file():
        return "", []
    from huggingface_hub import metadata_load

    with reading(str(directory)):
        header = metadata_load(file) or {}
    languages = header.get("language") or []
    named = [languages] if isinstance(languages, str) else [str(language) for language in languages]
    licence = header.get("license_name") or header.get("license") or ""
    return str(licence), [language for language in named if _LANGUAGE.fullmatch(language)]
