"""What a server needs of a collection besides searching: open it whole, load its model, read pictures from memory."""

from twinlens.api.collections import find_existing
from twinlens.collection.collection import Collection
from twinlens.data.images import open_photo
from twinlens.errors import BundleError, CollectionError, CollectionNotFoundError, TwinlensError, UnknownPartError
from twinlens.model.bundle import IMAGE_MODEL
from twinlens.protocols import DualEncoder
from twinlens.types import Pixels


def open_for_serving(place: str | None, *, model: str | None = None) -> Collection:
    """The whole collection that is to be served; never a new one.

    Raises:
        CollectionNotFoundError: there is none.
        CollectionError: only a part of one was named, and others would be served with it.
    """
    try:
        opened = find_existing(place, model=model)
    except CollectionNotFoundError as error:
        raise CollectionNotFoundError(f"{error}, or name another with --in") from error
    if opened.within is not None:
        folders = ", ".join(str(folder.path) for folder in opened.collection.folders())
        opened.collection.close()
        raise CollectionError(
            f"{opened.within} is a part of the collection of {folders}; serve all of that with --in {folders}, "
            f"or make a collection of the part: twinlens index {opened.within} --collection DIR"
        )
    return opened.collection


def warm_up(collection: Collection) -> None:
    """Loads what the first query would wait for, and checks that the model's files are whole.

    Raises:
        TwinlensError: the model is damaged or another than the collection's; the message names ``--model``.
    """
    try:
        encoder = collection.encoder
        encoder.warm_up()
        encoder.bundle.verified(IMAGE_MODEL)
    except (BundleError, UnknownPartError) as error:
        raise type(error)(f"{error}; or name another with --model") from error
    except TwinlensError as error:
        raise type(error)(f"{error}; --model must name the collection's model") from error


def picture_pixels(data: bytes, encoder: DualEncoder, *, max_megapixels: float) -> Pixels:
    """[H, W, 3] of a picture in memory, ready for the image tower.

    Raises:
        PhotoError: it cannot be read.
    """
    return encoder.prepare(open_photo(data, min_side=encoder.input_side, max_megapixels=max_megapixels).image)
