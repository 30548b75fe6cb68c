"""Describing photos: suggested tags, and files of labels."""

from twinlens.collection.describing.labels import Label, LabelFile, read_labels, tidy_label
from twinlens.collection.describing.suggesting import Suggestion
from twinlens.collection.describing.tag_suggestions import Accepted, PhotoTags
from twinlens.everyday.languages import (
    ENGLISH,
    LANGUAGES,
    Language,
    accepted_language,
    language_named,
    language_of_environment,
)
from twinlens.everyday.tags import tag_in
