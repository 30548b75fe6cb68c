"""Models: which ones there are, and how one is opened."""

from twinlens.model.bundle import Bundle, open_bundle
from twinlens.model.load import find_bundle, installed_encoders, known_bundles, load_model
