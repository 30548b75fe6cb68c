"""Searching: requests, answers, and contact sheets of hits."""

import math

from PIL import Image

from twinlens.collection.searching.answer import Answer, hit_json
from twinlens.collection.searching.caption_list import RankedCaption, rank_captions, read_captions
from twinlens.collection.searching.query import Query, Term, parse_query, photo_query, weighted_sum, words_query
from twinlens.collection.searching.search import SORTS, TARGETS, Page, Search, Sort, Target
from twinlens.collection.showing.contact_sheet import check_sheet_path, write_contact_sheet
from twinlens.data.file_names import as_text, on_one_line
from twinlens.data.images import DRAFT_OVERSAMPLING, open_photo
from twinlens.data.text_file import read_text_file
from twinlens.protocols import DualEncoder
from twinlens.types import Hit, Pixels


def picture_pixels(data: bytes, encoder: DualEncoder, *, max_megapixels: float) -> Pixels:
    """Decodes a picture in memory for the image tower: [H, W, 3].

    Raises:
        PhotoError: it cannot be read.
    """
    return encoder.prepare(open_photo(data, min_side=encoder.input_side, max_megapixels=max_megapixels).image)


def picture_preview(data: bytes, *, side: int) -> Image.Image:
    """The picture, upright, RGB, with its longer side at most ``side`` pixels.

    Raises:
        PhotoError: it cannot be read.
    """
    image = open_photo(data, min_side=math.ceil(side / DRAFT_OVERSAMPLING)).image
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return image
