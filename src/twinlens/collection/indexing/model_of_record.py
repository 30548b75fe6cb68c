"""The model that made a collection's vectors, found again, and the one that they are to be changed to."""

import logging
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeAlias

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.collection.indexing.report import PendingChange
from twinlens.errors import BundleError, ModelMismatchError, UnknownPartError
from twinlens.model.bridge import BridgedEncoder, open_bridge
from twinlens.model.bundle import open_bundle
from twinlens.model.load import DEFAULT, find_bundle, known_bundles, load_model
from twinlens.model.onnx_encoder import OnnxDualEncoder

logger = logging.getLogger(__name__)

SearchEncoder: TypeAlias = OnnxDualEncoder | BridgedEncoder
"""What embeds queries for a collection's vectors."""


class NamedModel(NamedTuple):
    """A model as a catalog would remember it, opened."""

    name: str
    encoder: OnnxDualEncoder

    def record(self) -> ModelRecord:
        """What the catalog remembers."""
        return ModelRecord(self.name, self.encoder.fingerprint, self.encoder.dim)


class ModelOfRecord:
    """Opens the model of a catalog, and refuses any other.

    Args:
        place: the collection's own folder, for messages.
        catalog: of the collection.
        asked: name or folder of the model that the user asked for; None = the catalog's.
    """

    def __init__(self, place: Path, catalog: Catalog, *, asked: str | Path | None) -> None:
        self._place, self._catalog = place, catalog
        self.asked = asked
        self._encoder: SearchEncoder | None = None

    @property
    def encoder(self) -> SearchEncoder:
        """Embeds queries: the model that made, or will make, the vectors, or a bridge to it.

        Raises:
            ModelMismatchError: another model was asked for, or the collection's is not to be found.
        """
        record = self._catalog.model()
        known = self._encoder
        if known is not None and (record is None or known.fingerprint == record.fingerprint):
            return known
        if record is None or not self._catalog.count():
            self._encoder = load_model(self.asked or (record.model if record else DEFAULT))
        else:
            self._encoder = self._exact(record) or self._bridged(record)
        return self._encoder

    def embedder(self) -> OnnxDualEncoder | None:
        """The very model that made the vectors; None where there is at most a bridge to it."""
        record = self._catalog.model()
        if isinstance(self._encoder, BridgedEncoder) or record is None:
            return None
        if self._encoder is None or self._encoder.fingerprint != record.fingerprint:
            self._encoder = self._exact(record)
        return self._encoder

    def keep(self, encoder: OnnxDualEncoder) -> None:
        """An open model that has become the one of record."""
        self._encoder = encoder

    def refuse_other(self) -> None:
        """Raises ModelMismatchError where another model was asked for, also before a query that needs none."""
        record = self._catalog.model()
        if self.asked is None or record is None or not self._catalog.count():
            return
        if self._encoder is None or self._encoder.fingerprint != record.fingerprint:
            self._exact(record)

    def adopt(self) -> OnnxDualEncoder:
        """A collection without a photo takes the model that it is indexed with."""
        model = named_model(self.asked or DEFAULT)
        record = self._catalog.model()
        if record and record.fingerprint != model.encoder.fingerprint and not self._catalog.captions.is_empty():
            with self._catalog.change() as change:  # of photos that could not be read any more
                change.remove_all_captions()
        self._catalog.next.cancel()
        self._catalog.remember_model(model.record())
        self._encoder = model.encoder
        return model.encoder

    def wanted(self) -> NamedModel | None:
        """The model that the vectors are to be changed to; None where they are to stay.

        A change that was begun goes on; and one begins where the model of the collection's
        name is another now than the one that made the vectors.

        Raises:
            ModelMismatchError: another model was asked for, or the collection's is not to be found.
        """
        record, following = self._catalog.model(), self._catalog.next_model()
        assert record, "a collection with photos has a model"
        if self.asked is not None and recorded_name(self.asked) != record.model:
            model = named_model(self.asked)
            if following and model.encoder.fingerprint == following.fingerprint:
                return model
            if model.encoder.fingerprint != record.fingerprint:
                raise ModelMismatchError(self._refusal(record, model))
            return None
        target = following or record
        try:
            model = named_model(target.model)
        except UnknownPartError as error:
            raise ModelMismatchError(self._lost(target)) from error
        return None if model.encoder.fingerprint == record.fingerprint else model

    def pending_change(self) -> PendingChange | None:
        """A change that is in progress, or that ``index`` would begin."""
        record, following, photos = self._catalog.model(), self._catalog.next_model(), self._catalog.count()
        if record is None or not photos:
            return None
        if following:
            done = photos - self._catalog.next.count_left()[0]
            return PendingChange(following.model, following.fingerprint, done, photos, is_begun=True)
        with suppress(UnknownPartError, BundleError):
            fingerprint = load_model(record.model).fingerprint
            if fingerprint != record.fingerprint:
                return PendingChange(record.model, fingerprint, 0, photos, is_begun=False)
        return None

    def _exact(self, record: ModelRecord) -> OnnxDualEncoder | None:
        """The model of a record: by its name, or any that is known and has its fingerprint."""
        if self.asked is not None and recorded_name(self.asked) != record.model:
            asked = named_model(self.asked)
            if asked.encoder.fingerprint != record.fingerprint:
                raise ModelMismatchError(self._refusal(record, asked))
            return asked.encoder
        with suppress(UnknownPartError):
            encoder = load_model(record.model)
            if encoder.fingerprint == record.fingerprint:
                return encoder
        for folder in known_bundles().values():
            with suppress(BundleError):
                if open_bundle(folder).fingerprint == record.fingerprint:
                    return load_model(folder)
        return None

    def _bridged(self, record: ModelRecord) -> BridgedEncoder:
        """The model of today in place of an earlier one, where it has a bridge to it."""
        known = False
        for name in dict.fromkeys((record.model, DEFAULT)):
            with suppress(UnknownPartError):
                bundle = open_bundle(find_bundle(name))
                known = known or name == record.model
                if bridge := open_bridge(bundle, record.fingerprint):
                    logger.warning(
                        "the photos of %s were embedded by an earlier model %s; queries are led into its space, which "
                        "finds a little less, until 'twinlens index' has embedded the photos again",
                        self._place,
                        record.model,
                    )
                    return BridgedEncoder(OnnxDualEncoder(bundle), bridge)
        raise ModelMismatchError(self._changed(record) if known else self._lost(record))

    def _refusal(self, record: ModelRecord, asked: NamedModel) -> str:
        return (
            f"collection {self._place} was indexed with model {record.model} ({record.fingerprint}), "
            f"but {asked.name} ({asked.encoder.fingerprint}) was asked for; "
            f"search with the first, or run 'twinlens reindex {self._place} --model {asked.name}'"
        )

    def _changed(self, record: ModelRecord) -> str:
        return (
            f"collection {self._place} was indexed with model {record.model} as it was before ({record.fingerprint}), "
            "which is not here any more and to which the model of today has no bridge; "
            "embed the photos again with the model of today: twinlens index PHOTOS"
        )

    def _lost(self, record: ModelRecord) -> str:
        return (
            f"collection {self._place} needs the model {record.model} ({record.fingerprint}), which is not to be "
            f"found; put it back, or run 'twinlens reindex {self._place} --model {DEFAULT}'"
        )


def named_model(source: str | Path) -> NamedModel:
    """Opens a model under the name by which a catalog remembers it."""
    return NamedModel(recorded_name(source), load_model(source))


def recorded_name(source: str | Path) -> str:
    """How a catalog remembers a model: by its name, or by the place of its folder."""
    folder = Path(source).expanduser()
    return str(folder.resolve()) if folder.is_dir() else str(source)
