"""The model that made a collection's vectors, found again, and the one that they are to be changed to."""

import logging
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeAlias

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.collection.indexing.report import PendingModelChange
from twinlens.errors import BundleError, ModelMismatchError, UnknownPartError
from twinlens.model.load import DEFAULT, load_bridged, load_model, model_of_fingerprint
from twinlens.protocols import DualEncoder

logger = logging.getLogger(__name__)

ModelSource: TypeAlias = DualEncoder | str | Path
"""An encoder, or the name or folder of one."""


class NamedModel(NamedTuple):
    """A model as a catalog would remember it, opened."""

    name: str
    encoder: DualEncoder

    def record(self) -> ModelRecord:
        """What the catalog remembers."""
        return ModelRecord(self.name, self.encoder.fingerprint, self.encoder.dim)


class ModelOfRecord:
    """Opens the model of a catalog, and refuses any other.

    Args:
        place: the collection's own folder, for messages.
        catalog: of the collection.
        asked: the model that the user asked for; None = the catalog's.
    """

    def __init__(self, place: Path, catalog: Catalog, *, asked: ModelSource | None) -> None:
        self._place, self._catalog = place, catalog
        self.asked = asked
        self._encoder: DualEncoder | None = None

    @property
    def encoder(self) -> DualEncoder:
        """Embeds queries: the model that made, or will make, the vectors, or a bridge to it.

        Raises:
            ModelMismatchError: another model was asked for, or the collection's is not to be found.
        """
        record = self._catalog.model()
        known = self._encoder
        if known is not None and (record is None or known.fingerprint == record.fingerprint):
            return known
        if record is None or not self._catalog.count():
            self._encoder = named_model(self.asked or (record.model if record else DEFAULT)).encoder
        else:
            self._encoder = self._exact(record) or self._bridged(record)
        return self._encoder

    def embedder(self) -> DualEncoder | None:
        """The very model that made the vectors; None where there is at most a bridge to it."""
        record = self._catalog.model()
        if record is None or (self._encoder is not None and self._encoder.queries_only):
            return None
        if self._encoder is None or self._encoder.fingerprint != record.fingerprint:
            self._encoder = self._exact(record)
        return self._encoder

    def keep(self, encoder: DualEncoder) -> None:
        """An open model that has become the one of record."""
        self._encoder = encoder

    def refuse_other(self) -> None:
        """Raises ModelMismatchError where another model was asked for, also before a query that needs none."""
        record = self._catalog.model()
        if self.asked is None or record is None or not self._catalog.count():
            return
        if self._encoder is None or self._encoder.fingerprint != record.fingerprint:
            self._exact(record)

    def adopt(self) -> DualEncoder:
        """A collection without a photo takes the model that it is indexed with."""
        model = named_model(self.asked or DEFAULT)
        record = self._catalog.model()
        if record and record.fingerprint != model.encoder.fingerprint and not self._catalog.captions.is_empty():
            with self._catalog.writing() as writer:  # of photos that could not be read any more
                writer.remove_all_captions()
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
        if (model := self._asked_besides(record)) is not None:
            if following and model.encoder.fingerprint == following.fingerprint:
                return model
            if model.encoder.fingerprint != record.fingerprint:
                raise ModelMismatchError(self._refusal(record, model))
            return None
        target = following or record
        try:
            model = named_model(target.model)
        except UnknownPartError as error:
            if following is None and self._encoder is not None and self._encoder.fingerprint == record.fingerprint:
                return None  # an encoder without a name that can be looked up, as one passed in from Python
            raise ModelMismatchError(self._lost(target)) from error
        return None if model.encoder.fingerprint == record.fingerprint else model

    def pending_change(self) -> PendingModelChange | None:
        """A change that is in progress, or that ``index`` would begin."""
        record, following, photos = self._catalog.model(), self._catalog.next_model(), self._catalog.count()
        if record is None or not photos:
            return None
        if following:
            done = photos - self._catalog.next.count_left()[0]
            return PendingModelChange(following.model, following.fingerprint, done, photos, is_begun=True)
        with suppress(UnknownPartError, BundleError):
            fingerprint = load_model(record.model).fingerprint
            if fingerprint != record.fingerprint:
                return PendingModelChange(record.model, fingerprint, 0, photos, is_begun=False)
        return None

    def _asked_besides(self, record: ModelRecord) -> NamedModel | None:
        """The model that was asked for, where that may be another than the record's."""
        if self.asked is None:
            return None
        by_name = isinstance(self.asked, str | Path)
        return None if by_name and recorded_name(self.asked) == record.model else named_model(self.asked)

    def _exact(self, record: ModelRecord) -> DualEncoder | None:
        """The model of a record: by its name, or any that is known and has its fingerprint."""
        if (asked := self._asked_besides(record)) is not None:
            if asked.encoder.fingerprint != record.fingerprint:
                raise ModelMismatchError(self._refusal(record, asked))
            return asked.encoder
        with suppress(UnknownPartError):
            encoder = load_model(record.model)
            if encoder.fingerprint == record.fingerprint:
                return encoder
        return model_of_fingerprint(record.fingerprint)

    def _bridged(self, record: ModelRecord) -> DualEncoder:
        """The model of today in place of an earlier one, where it has a bridge to it."""
        known = False
        for name in dict.fromkeys((record.model, DEFAULT)):
            with suppress(UnknownPartError):
                bridged = load_bridged(name, record.fingerprint)
                known = known or name == record.model
                if bridged is not None:
                    logger.warning(
                        "the photos of %s were embedded by an earlier model %s; queries are mapped into its space, "
                        "which finds a little less, until 'twinlens index' has embedded the photos again",
                        self._place,
                        record.model,
                    )
                    return bridged
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
            f"found; put it back, or run 'twinlens reindex {self._place} --model {DEFAULT}' "
            "(in Python, an encoder can be passed as model=)"
        )


def named_model(source: ModelSource) -> NamedModel:
    """Opens a model under the name by which a catalog remembers it."""
    if isinstance(source, str | Path):
        return NamedModel(recorded_name(source), load_model(source))
    return NamedModel(source.name, source)


def recorded_name(source: ModelSource) -> str:
    """How a catalog remembers a model: by its name, or by the place of its folder."""
    if not isinstance(source, str | Path):
        return source.name
    folder = Path(source).expanduser()
    return str(folder.resolve()) if folder.is_dir() else str(source)
