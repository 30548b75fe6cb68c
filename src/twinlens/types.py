"""Shared record and array types."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Embeddings: TypeAlias = NDArray[np.float32]
"""[N, D], one float32 unit row per item."""

Features: TypeAlias = NDArray[np.float32]
"""[N, F], backbone output before the projection head."""

Grids: TypeAlias = NDArray[np.float32]
"""[B, rows, columns, D], each cell of a photo in the embedding space, before normalization."""

Pixels: TypeAlias = NDArray[np.uint8]
"""[H, W, 3] or [B, H, W, 3], RGB."""

PhotoHash: TypeAlias = NDArray[np.uint64]
"""[4], 256 bits that recognize a photo; see ``data.photo_hash``."""

PhotoHashes: TypeAlias = NDArray[np.uint64]
"""[N, 4], the hashes of N photos."""

Ids: TypeAlias = NDArray[np.int64]
"""[N], a catalog's photo ids."""

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels."""

DateSource: TypeAlias = Literal["exif", "xmp", "iptc", "gps", "takeout", "name", "file"]
"""What told a photo's date, most trustworthy first; "file" is the date of the file, which copying may change."""

MapKind: TypeAlias = Literal["grid", "occlusion"]
"""How a match map was made: from the cells of the image tower's grid, or by covering parts of the photo."""

Space: TypeAlias = Literal["likeness", "shared"]
"""What scores compare: the features of photos, or the embeddings of photos and texts."""

QueryKind: TypeAlias = Literal["text", "photo"]
"""Kind of a query: text only, or photos only."""

Grade: TypeAlias = Literal["strong", "likely", "possible"]
"""How sure it is that a photo shows what a query says."""

GRADES: tuple[Grade, ...] = ("strong", "likely", "possible")
"""The surest first."""


def clock(seconds: float) -> str:
    """A time in a video as players show it.

    >>> clock(83.5), clock(3723)
    ('1:23', '1:02:03')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class TextPiece(NamedTuple):
    """A piece of text that was read in a picture, mostly a line, and how sure the reader is, in [0, 1]."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class CaptionedImage:
    """One photo of a data set with one or more captions.

    Attributes:
        image_id: its file name in the data set.
        path: the file.
        captions: at least one.
        caption_ids: numbers of the captions in COCO's files; empty elsewhere.
        languages: of each caption, such as "de"; empty where the data does not say.
    """

    image_id: str
    path: Path
    captions: tuple[str, ...]
    caption_ids: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TowerDescription:
    """Description of one tower of a model.

    Attributes:
        architecture: the backbone's name.
        features_dim: dimension of the backbone output.
        quantization: storage format of its weights.
    """

    architecture: str
    features_dim: int
    quantization: str = "float32"


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """Description of a model.

    Attributes:
        name: the model's name.
        fingerprint: hash of everything that affects an embedding.
        dim: D, the embedding dimension.
        image: the image tower.
        text: the text tower.
        description: one sentence.
        created: date.
        license: of its weights.
        max_tokens: maximum length of a text; None = no limit.
        languages: codes of the languages that it understands; empty if that is not stated.
        knows_words: whether it can tell unknown words.
        is_calibrated: whether it has a calibration.
        figures: evaluation results, by data set.
    """

    name: str
    fingerprint: str
    dim: int
    image: TowerDescription
    text: TowerDescription
    description: str = ""
    created: str = ""
    license: str = ""
    max_tokens: int | None = None
    languages: tuple[str, ...] = ()
    knows_words: bool = False
    is_calibrated: bool = False
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WordCheck:
    """What is wrong with the words of a text.

    Attributes:
        unknown: the unknown words as they were typed.
        corrections: some of them, each with the word that was probably meant.
        no_word_known: no other word says anything, either, or the text has no words at all.
    """

    unknown: tuple[str, ...] = ()
    corrections: tuple[tuple[str, str], ...] = ()
    no_word_known: bool = False


def as_told(found_by: str) -> str:
    """What found a hit, as people are told."""
    return "text in the picture" if found_by == "text" else found_by


@dataclass(frozen=True, slots=True, repr=False)
class Hit:
    """One result of a search.

    Attributes:
        rank: position in the answer, 1 = first.
        id: the photo's id in its collection: its path relative to the photo folder,
            prefixed with the folder's name if the collection has several.
        path: the photo file.
        score: cosine in [-1, 1], higher is better, with every store.
        probability: calibrated probability of relevance in [0, 1]; None without a calibration.
        caption: the caption that was found, if captions were searched.
        own_caption: what people or the file say that the photo shows: its first caption, else its description or
            title; the first 200 characters. None if nobody has said it.
        place: where it was taken: country, region and town, "|" between them; None if unknown.
        relevant: whether it has a grade; None for a kind of query or hit that is not graded.
        width: pixels, upright; None if unknown.
        height: pixels, upright; None if unknown.
        taken_at: the camera's local time, ISO 8601; None if unknown.
        date_source: what told ``taken_at``: exif, xmp, iptc, gps, takeout, name (of the file) or file (its own date).
        is_favourite: marked by the user.
        rating: stars that the user gave it, 1 to 5; None without.
        tags: that the user gave it, by name.
        duration_s: length of a video; None for a photo.
        at_s: when the video is most like the query, in seconds from its start; None for a photo, and without a query.
        is_missing: the photo's file was not there when the search was answered.
        grade: how sure it is that the photo shows what the query says; None if that is not likely, or not known.
        alike: ids of near copies of the photo that it stands for, at most a hundred.
        num_alike: how many there are.
        alike_kinds: what each of ``alike`` is: "near" (a near copy), or in one stack with the photo: "raw" (and its
            picture), "live" (the moving part), "edited", "burst" (another shot).
        found_by: "meaning" if it has a grade, and what holds all words of the query, or what a field or a phrase
            without words found it by: "name", "folder", "caption", "tag", "album", "title", "description", "keyword",
            "person", "place", "text" (in the picture).
    """

    rank: int
    id: str
    path: Path
    score: float
    probability: float | None = None
    caption: str | None = None
    relevant: bool | None = None
    width: int | None = None
    height: int | None = None
    taken_at: str | None = None
    is_favourite: bool = False
    date_source: DateSource | None = None
    is_missing: bool = False
    grade: Grade | None = None
    alike: tuple[str, ...] = ()
    num_alike: int = 0
    alike_kinds: tuple[str, ...] = ()
    found_by: tuple[str, ...] = ()
    rating: int | None = None
    tags: tuple[str, ...] = ()
    duration_s: float | None = None
    at_s: float | None = None
    own_caption: str | None = None
    place: str | None = None

    @property
    def moment(self) -> str | None:
        """When the video is most like the query, such as 1:23."""
        return None if self.at_s is None else clock(self.at_s)

    def written_in(self) -> str:
        """Where the words of the query are written, for people; "" if only the meaning was found.

        >>> Hit(1, "a.jpg", Path("a.jpg"), 0.3, found_by=("meaning", "name", "text")).written_in()
        'name and text in the picture'
        """
        return " and ".join(as_told(by) for by in self.found_by if by != "meaning")

    def __repr__(self) -> str:
        probability = "" if self.probability is None else f", probability={self.probability:.2f}"
        caption = "" if self.caption is None else f", caption={self.caption!r}"
        return f"Hit({self.rank}, {self.id!r}, score={self.score:.3f}{probability}{caption})"
