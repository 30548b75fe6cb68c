"""Small words that a name may lack: "the Eiffel Tower" is ``eiffel-tower.jpg``, "Ana in Nice" is ``Nice/Ana.jpg``."""

from collections.abc import Sequence

from twinlens.words.terms import terms_of

ARTICLES = frozenset(
    (
        "a an the "
        "der die das den dem des ein eine einen einem einer eines "
        "le la les l un une du "
        "el los las una unos unas "
        "il lo i gli uno "
        "o os as um uma umas uns "
        "de het een "
        "en ett al"
    ).split()
)
"""Of English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, and Arabic in Latin letters."""

CONNECTING = frozenset(
    terms_of(
        "in on at of with and by from near to for "
        "im am an auf aus bei beim mit und von vom zu zum zur "
        "de d des du en dans sur à au aux avec et chez près "
        "del con y e junto "
        "di da dal dalla della dei delle nel nella nei sul sulla al alla con ed "
        "do dos das em na nas com ao aos "
        "van op te met aan bij "
        "w we z ze na i nad przy u do "
        "v ve s se k ke ze při "
        "в во на с со и у из к от при "
        "із зі та і й до від біля "
        "في على مع من الى و عند "
        "में पर के की का से और "
        "ở trên với của và tại "
        "da ta te ile"
    )
)
"""Words for in, on, at, of, with, from, and: in the languages of the model that put spaces between words."""

CONNECTING_SIGNS = frozenset("在的和与與跟のでにとをはがへも")
"""The same in Chinese and Japanese, where they stand between other signs."""

PHOTOS = frozenset(
    terms_of(
        "photo photos photograph photographs picture pictures pic pics image images snapshot "
        "foto fotos bild bilder aufnahme imagen imágenes imagem imagens fotografía fotografías fotografia fotografie "
        "immagine immagini afbeelding afbeeldingen zdjęcie zdjęcia fotka fotky obrázek фото фотография фотографии "
        "фотографія фотографії صورة صور तस्वीर फोटो ảnh fotoğraf fotoğrafı"
    )
)
"""What a photo is called: "photo de Paris" asks for Paris."""


def without_small_words(terms: Sequence[str]) -> list[str]:
    """Terms without those small ones that another term follows: the last of "plan a" is kept.

    >>> without_small_words(["the", "eiffel", "tower"]), without_small_words(["rex", "am", "strand"])
    (['eiffel', 'tower'], ['rex', 'strand'])
    >>> without_small_words(["photo", "de", "paris"]), without_small_words(["photo", "paris"])
    (['paris'], ['photo', 'paris'])
    >>> without_small_words(["plan", "a"]), without_small_words(["the"]), without_small_words(["安娜", "娜在", "在尼"])
    (['plan', 'a'], ['the'], ['安娜', '尼'])
    """
    terms = _parted(terms)
    first = next((place for place, term in enumerate(terms) if term not in ARTICLES), 0)
    if first + 2 < len(terms) and terms[first] in PHOTOS and _is_small(terms[first + 1]):
        first += 2
    kept = [term for place, term in enumerate(terms) if place >= first and not _is_small(term)]
    return kept if terms and not _is_small(terms[-1]) else [*kept, *terms[-1:]]


def _is_small(term: str) -> bool:
    return term in ARTICLES or term in CONNECTING


def _parted(terms: Sequence[str]) -> list[str]:
    """Terms without the pairs that have a connecting sign; a sign that is in no other pair stays alone."""
    parted = []
    for place, term in enumerate(terms):
        if len(term) != 2 or CONNECTING_SIGNS.isdisjoint(term):
            parted.append(term)
        elif term[1] in CONNECTING_SIGNS:
            is_known = place > 0 and len(terms[place - 1]) == 2 and terms[place - 1][1] == term[0]
            parted += [] if is_known or term[0] in CONNECTING_SIGNS else [term[0]]
        else:
            is_known = place + 1 < len(terms) and len(terms[place + 1]) == 2 and terms[place + 1][0] == term[1]
            parted += [] if is_known else [term[1]]
    return parted or list(terms)
