"""List, open, pull and remove models."""

from twinlens.model.bundle import Bundle, open_bundle
from twinlens.model.hub.published import Published, published
from twinlens.model.hub.pull import PullPlan, pull
from twinlens.model.hub.removal import removable, remove
from twinlens.model.load import find_bundle, installed_encoders, known_bundles, load_model
