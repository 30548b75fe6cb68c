"""What a query asks for: its text without signs, and without words that only say that a photo is wanted.

Models differ in what they make of these: "a photo of a dog", "A DOG!!!" and “a dog” in quotes would find other photos
than "a dog", and give the same photo another grade.
"""

import re
import unicodedata

_QUOTES_AND_BRACKETS = re.compile(r"[\"“”„‟«»‹›()\[\]{}「」『』【】]+")
_OUTER_SIGNS = re.compile(r"^[\s'‘’.,;:!?…¡¿。！？、，#]+|[\s'‘’.,;:!?…。！？、，]+$")
_JOINERS = frozenset("\u200c\u200d")  # they make letters in Persian and Hindi
_WANTED = re.compile(  # "find" alone may be a noun
    r"^(?:please )?(?:show me|find me|search for|find(?= (?:an?|the|all|some|my|our|photos?|pictures?|images?) ))"
    r"(?: all)? (?=\S)",
    re.IGNORECASE,
)
_PHOTO_OF = re.compile(
    r"^(?:(?:an?|the|some|my|our) )?(?:photo|photograph|picture|image|pic|snapshot)s?(?::| of| with| showing) (?=\S)",
    re.IGNORECASE,
)
_PHOTOS = re.compile(
    r"(?:(?:please|show|find|me|all|any|my|our|the|alle|meine?|unsere|die|toutes|les|mes|todas|las|mis|as|tutte|le) )*"
    r"(?:photo|photograph|picture|image|pic|snapshot|foto|bild|bilder|imágenes|imagens|immagini|afbeeldingen"
    r"|zdjęcia|fotky|фото|фотографии|照片|写真|사진)s?(?: taken| shot)?",
    re.IGNORECASE,
)


def asked_for(text: str) -> str:
    """The part of a text that says what photos are to show; the text itself if that is nothing.

    >>> asked_for("A photo of a “dog”!!!"), asked_for("show me pictures with dogs"), asked_for("¿Un perro?")
    ('a dog', 'dogs', 'Un perro')
    >>> asked_for("a photo of"), asked_for("???"), asked_for("the dog's C++ book")
    ('a photo of', '???', "the dog's C++ book")
    """
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign in _JOINERS or not _is_format(sign))
    plain = " ".join(_QUOTES_AND_BRACKETS.sub(" ", seen).split())
    plain = _OUTER_SIGNS.sub("", plain)
    return _PHOTO_OF.sub("", _WANTED.sub("", plain)) or text


def is_only_photos(text: str) -> bool:
    """Whether a text says only that photos are wanted, not what they are to show.

    >>> is_only_photos("all my photos"), is_only_photos("Bilder"), is_only_photos("photos of dogs")
    (True, True, False)
    """
    return _PHOTOS.fullmatch(" ".join(text.split()).strip(" ,.:")) is not None


def _is_format(sign: str) -> bool:
    """Whether it only steers how letters are shown: marks of order, of the beginning of a file, of no width."""
    return unicodedata.category(sign) == "Cf"
