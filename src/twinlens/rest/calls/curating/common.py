"""What calls share that change what people give to photos."""

from typing import Annotated

from pydantic import Field

from twinlens.api.library import Collection
from twinlens.api.photos.curating import MOST_CHARACTERS
from twinlens.rest.calls.schemas.values import Body, ImageId
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import read_only

MOST_PHOTOS = 10_000
MOST_TYPED = 4 * MOST_CHARACTERS  # a name has room for spaces and letters of several characters that are tidied away
Name = Annotated[str, Field(min_length=1, max_length=MOST_TYPED)]


class Photos(Body):
    """Photos to which something is given, or from which it is taken, all or none."""

    image_ids: Annotated[list[ImageId], Field(min_length=1, max_length=MOST_PHOTOS)]


def writable(engine: Engine, what: str) -> Collection:
    """The collection, if it can be changed.

    Raises:
        RequestFailure: it cannot be written, or its photos are not there.
    """
    engine.check_present()
    if engine.collection.catalog.read_only:
        raise read_only(what)
    return engine.collection
