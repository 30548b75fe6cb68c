"""Templates of prompts for zero-shot classification: given ones, files of them, and the published sets."""

from collections.abc import Sequence
from pathlib import Path

from twinlens.errors import DataError
from twinlens.plugins import did_you_mean

MOST_BYTES = 1 << 20  # of a file of templates; published sets have a few thousand
_ARTICLES = ("a", "the")
_PICTURES = (  # "a" before each
    *("bad photo", "black and white photo", "blurry photo", "bright photo", "close-up photo", "cropped photo"),
    *("dark photo", "good photo", "jpeg corrupted photo", "low resolution photo", "photo", "pixelated photo"),
    *("doodle", "drawing", "painting", "rendering", "rendition", "sculpture", "sketch", "tattoo"),
)
_ARTS = ("art", "graffiti", "itap")  # the last is "I took a picture"
_THINGS = ("cartoon", "embroidered", "origami", "plastic", "plushie", "toy")
_KINDS = ("clean", "cool", "dirty", "hard to see", "large", "nice", "small", "weird")
_OTHERS = ("a photo of many {}.", "a photo of my {}.", "a photo of one {}.", "itap of my {}.")


def _clip_80() -> tuple[str, ...]:
    """The 80 templates with which CLIP's figures on ImageNet are published (Radford et al. 2021)."""
    found = list(_OTHERS)
    for article in _ARTICLES:
        found += [f"a {picture} of {article} {{}}." for picture in _PICTURES]
        found += [f"{art} of {article} {{}}." for art in _ARTS]
        found += [f"{article} {thing} {{}}." for thing in _THINGS]  # "a" before a vowel, too, as published
        found += [f"a photo of {article} {kind} {{}}." for kind in _KINDS]
        found.append(f"{article} {{}} in a video game.")
    return tuple(found)


SETS: dict[str, tuple[str, ...]] = {
    "clip-80": _clip_80(),
    "clip-7": (  # which its authors found to do better than all 80
        *("itap of a {}.", "a bad photo of the {}.", "a origami {}.", "a photo of the large {}."),
        *("a {} in a video game.", "art of the {}.", "a photo of the small {}."),
    ),
}


def read_prompts(given: Sequence[str]) -> tuple[str, ...]:
    """Templates, each once.

    Args:
        given: templates with ``{}``, names of ``SETS``, and text files with a template a line.

    Raises:
        DataError: one is none of these, or a line of a file has no ``{}``.

    >>> read_prompts(["a {}", "clip-7"])[:2]
    ('a {}', 'itap of a {}.')
    """
    found: list[str] = []
    for one in given:
        found += [one] if "{}" in one else SETS.get(one) or _of_file(one)
    return tuple(dict.fromkeys(found))


def _of_file(name: str) -> list[str]:
    path = Path(name).expanduser()
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path} is too large for a file of prompts")
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, ValueError) as error:
        raise DataError(
            f"{name!r} is no prompt, which needs {{}} where the class name goes, such as 'a photo of a {{}}', no set "
            f"of them ({', '.join(SETS)}), and no text file{did_you_mean(name, list(SETS))}"
        ) from error
    lines = [line for line in lines if line]
    for number, line in enumerate(lines, 1):
        if "{}" not in line:
            raise DataError(f"{path}: prompt {number} has no {{}} where the class name goes: {line!r:.80}")
    if not lines:
        raise DataError(f"{path} contains no prompts")
    return lines
