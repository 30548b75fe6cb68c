"""Searching: requests, answers, and contact sheets of hits."""

import math
from functools import partial
from pathlib import Path

from PIL import Image

from twinlens.collection.describing.describe import describe
from twinlens.collection.searching.answer import LISTED, PHOTOS_COMPARED, Answer, Source, hit_json
from twinlens.collection.searching.caption_list import RankedCaption, rank_captions, read_captions
from twinlens.collection.searching.explanation import Contribution, Effect, Explanation, HitReasons
from twinlens.collection.searching.query import (
    Query,
    QueryVector,
    Term,
    embed_pixels,
    parse_query,
    photo_query,
    picture_query,
    similar_query,
    sum_of,
    texts_without,
    words_query,
)
from twinlens.collection.searching.search import SORTS, TARGETS, Page, Search, Sort, Target
from twinlens.collection.searching.wording import Wording
from twinlens.collection.showing.exporting.contact_sheet import check_sheet_path, write_contact_sheet
from twinlens.collection.showing.exporting.export import ExportTarget, check_outside, export_target, write_export
from twinlens.data.clipboard import clipboard_picture
from twinlens.data.file_names import as_text, on_one_line
from twinlens.data.guarded.guard import Guard
from twinlens.data.guarded.limits import Limits
from twinlens.data.guarded.photos import read_guarded, shrunk
from twinlens.data.images import DRAFT_OVERSAMPLING, read_photo_bytes
from twinlens.data.region import Region, parse_region
from twinlens.data.text_file import read_text_file
from twinlens.data.video.names import is_video
from twinlens.embedding.local import PhotoVector, prepare_photo
from twinlens.protocols import DualEncoder
from twinlens.types import Hit, Pixels


def picture_pixels(
    source: bytes | Path,
    encoder: DualEncoder,
    *,
    max_megapixels: float,
    guard: Guard | None = None,
    region: Region | None = None,
) -> Pixels:
    """Decodes a stranger's picture, or a region of it, in memory, in another process, for the image tower: [H, W, 3].

    Of a video of the library, given as its file, one frame is the picture.

    Raises:
        PhotoError: it cannot be read, takes too long, or crashes its decoder, or has no such region.
    """
    return prepare_photo(
        source, encoder, guard=guard, max_megapixels=max_megapixels, trusts_nothing=True, region=region
    ).pixels


def picture_preview(data: bytes, *, side: int) -> Image.Image:
    """The picture, upright, RGB, with its longer side at most ``side`` pixels.

    Raises:
        PhotoError: as ``picture_pixels``.
    """
    shrink = partial(shrunk, side=side)
    return read_guarded(data, shrink, min_side=math.ceil(side / DRAFT_OVERSAMPLING), trusts_nothing=True)[0]
