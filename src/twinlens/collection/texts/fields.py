"""The fields of the text index: which texts of a photo each has, and how they are written as terms."""

from collections.abc import Sequence
from typing import NamedTuple

from twinlens.collection.catalog.texts.written import WrittenPhoto
from twinlens.data.metadata.said import parts_of
from twinlens.words.terms import humps_apart, terms_of

BOUNDARY = "\ue000"  # a term of its own between the texts of a field, so that no phrase goes from one to the next
_JOINT = "\ue001"  # between the terms of a whole name, which are one term together
WHOLE = "whole"  # the field with whole file names, for names that are typed in full


class Field(NamedTuple):
    """A field by name, and what a word found in it counts for, compared with others."""

    name: str
    weight: float


# a photo is named for what it shows, a folder or an album for many photos, and a tag or a keyword is given on purpose;
# another kind of text in ``written`` is a line here
FIELDS = (
    Field("name", 1.2),
    Field("folder", 0.8),
    Field("caption", 1.0),
    Field("tag", 1.2),
    Field("album", 0.8),
    Field("title", 1.2),
    Field("description", 1.0),
    Field("keyword", 1.2),
    Field("person", 1.3),
    Field("place", 0.8),
    Field("text", 0.8),
)
COLUMNS = (*(field.name for field in FIELDS), WHOLE)


def field_values(photo: WrittenPhoto) -> tuple[str, ...]:
    """The values of all columns for a photo."""
    folder, _, name = photo.path.rpartition("/")
    in_parts = {
        kind: [part for text in photo.texts.get(kind, ()) for part in parts_of(text)] for kind in ("keyword", "place")
    }
    texts = {**photo.texts, **in_parts, "name": _spellings(name), "folder": _spellings(folder)}
    whole = as_whole_names(name, name.rpartition(".")[0])
    return (*(_joined(texts.get(field.name, ())) for field in FIELDS), " ".join(whole))


def as_whole_names(*names: str) -> list[str]:
    """Names in each of their spellings, each as one term.

    >>> [name.split("\ue001") for name in as_whole_names("IMG_2207.jpg", "BeachParty")]
    [['img', '2207', 'jpg'], ['beachparty'], ['beach', 'party']]
    """
    spelled = (terms_of(spelling) for name in names for spelling in _spellings(name))
    return list(dict.fromkeys(_JOINT.join(terms) for terms in spelled if terms))


def _spellings(name: str) -> list[str]:
    """A name as it stands, and with the words of ``BeachParty`` apart if it has such."""
    return list(dict.fromkeys([name, humps_apart(name)]))


def _joined(texts: Sequence[str]) -> str:
    return f" {BOUNDARY} ".join(" ".join(terms_of(text)) for text in texts)
