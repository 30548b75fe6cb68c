"""List and open models."""

from twinlens.model.bundle import Bundle, open_bundle
from twinlens.model.load import find_bundle, installed_encoders, known_bundles, load_model
