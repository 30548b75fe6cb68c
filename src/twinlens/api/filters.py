"""The filters that there are; needs nothing heavy, so that ``--help`` can list them."""

from twinlens.collection.searching.filtering import Filter, FilterKind, Filters, known_filters
