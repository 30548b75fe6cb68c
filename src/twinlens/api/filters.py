"""The available filters; a light import, so that ``--help`` can list them."""

from twinlens.collection.searching.filtering import Filter, FilterKind, Filters, known_filters
from twinlens.collection.searching.filters.folder import is_place
