"""Duplicates of a collection, and a list of them for other tools."""

from twinlens.collection.duplicates.found import (
    COPIES,
    KINDS,
    DuplicateGroup,
    Duplicates,
    GroupedPhoto,
    Kind,
    Similar,
    known_kinds,
)
from twinlens.collection.duplicates.move_list import check_move_list, write_move_list
