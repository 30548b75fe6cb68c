"""Find the model that a collection was indexed with, and the one it should be switched to."""

import logging
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeAlias

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.collection.indexing.telling.report import PendingModelChange
from twinlens.errors import BundleError, ModelMismatchError, UnknownPartError
from twinlens.model.load import DEFAULT, is_known_model, load_bridged, load_model, model_of_fingerprint
from twinlens.protocols import DualEncoder

logger = logging.getLogger(__name__)
CAPTION_BATCH = 256  # captions that are embedded at once

ModelSource: TypeAlias = DualEncoder | str | Path
"""An encoder, or the name or folder of a model."""


class NamedModel(NamedTuple):
    """An open model, with the name that a catalog records for it."""

    name: str
    encoder: DualEncoder

    def record(self) -> ModelRecord:
        """The model as recorded in the catalog."""
        return ModelRecord(self.name, self.encoder.fingerprint, self.encoder.dim)


class ModelOfRecord:
    """Opens the model of a catalog, and rejects any other.

    Args:
        place: the collection folder, for messages.
        catalog: of the collection.
        asked: the model requested by the user; None = the catalog's.
    """

    def __init__(self, place: Path, catalog: Catalog, *, asked: ModelSource | None) -> None:
        self._place, self._catalog = place, catalog
        self.asked = asked
        self._encoder: DualEncoder | None = None

    @property
    def encoder(self) -> DualEncoder:
        """Embeds queries: the model of the vectors, or a newer one with a bridge to it.

        Raises:
            ModelMismatchError: another model was requested, or the collection's model cannot be found.
        """
        record = self._catalog.model()
        known = self._encoder
        if known is not None and (record is None or known.fingerprint == record.fingerprint):
            return known
        if record is None or not self._catalog.count():
            known = self._encoder = named_model(self.asked or (record.model if record else DEFAULT)).encoder
            return known
        return self.encoder_of(record)

    def encoder_of(self, record: ModelRecord) -> DualEncoder:
        """Embeds queries for the vectors of a model, although another thread may use those of a later one already.

        Raises:
            ModelMismatchError: another model was requested, or this one cannot be found.
        """
        known = self._encoder
        if known is None or known.fingerprint != record.fingerprint:
            known = self._encoder = self._exact(record) or self._bridged(record)
        return known

    def embedder(self) -> DualEncoder | None:
        """The exact model of the vectors; None if it is not available, even if there is a bridge to it."""
        record = self._catalog.model()
        return None if record is None else self.embedder_of(record)

    def embedder_of(self, record: ModelRecord) -> DualEncoder | None:
        """The exact model of a record; None if it is not available, even if there is a bridge to it."""
        known = self._encoder
        if known is None or known.fingerprint != record.fingerprint:
            try:
                known = self._exact(record)
            except BundleError as error:
                logger.warning("the model %s of %s cannot be opened: %s", record.model, self._place, error)
                return None
            self._encoder = known
        return None if known is None or known.queries_only else known

    def keep(self, encoder: DualEncoder) -> None:
        """Uses an open model as the model of record from now on."""
        self._encoder = encoder

    def refuse_other(self, record: ModelRecord) -> None:
        """Raises ModelMismatchError if a model other than this was requested, even for queries that need none."""
        known = self._encoder
        if self.asked is not None and (known is None or known.fingerprint != record.fingerprint):
            self._exact(record)

    def adopt(self) -> DualEncoder:
        """Makes the requested model, else the recorded one, the model of record; for collections without photos."""
        record = self._catalog.model()
        recorded = self._recorded(record) if record and self.asked is None else None
        model = recorded or named_model(self.asked or DEFAULT)
        check_name(model)
        if record and record.fingerprint != model.encoder.fingerprint:
            self._embed_captions(model.encoder)
        self._catalog.next.cancel()
        self._catalog.remember_model(model.record())
        self._encoder = model.encoder
        return model.encoder

    def _recorded(self, record: ModelRecord) -> NamedModel | None:
        if is_known_model(record.model):
            return named_model(record.model)
        with suppress(BundleError):
            if encoder := self._exact(record):
                return NamedModel(record.model, encoder)
        return None

    def _embed_captions(self, encoder: DualEncoder) -> None:
        """Embeds captions anew: they are of photos that could not be read, and may be again."""
        if self._catalog.captions.is_empty():
            return
        captions = [(photo, text) for photo, texts in self._catalog.captions.known().items() for text in texts]
        for start in range(0, len(captions), CAPTION_BATCH):
            some = captions[start : start + CAPTION_BATCH]
            embeddings = encoder.encode_text([text for _, text in some])
            with self._catalog.writing() as writer:
                for (photo, text), embedding in zip(some, embeddings, strict=True):
                    writer.put_caption(photo, text, embedding)

    def wanted(self) -> NamedModel | None:
        """The model that the collection should be switched to; None if it should keep its model.

        An interrupted change continues; a new one starts if the model with the recorded name
        is no longer the one that the vectors were made with.

        Raises:
            ModelMismatchError: another model was requested, or the collection's model cannot be found.
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
                return None  # an encoder without a registered name, such as one passed in from Python
            raise ModelMismatchError(self._lost(target)) from error
        return None if model.encoder.fingerprint == record.fingerprint else model

    def pending_change(self) -> PendingModelChange | None:
        """A change that is in progress, or that ``index`` would start."""
        record, following, photos = self._catalog.model(), self._catalog.next_model(), self._catalog.count()
        if record is None or not photos:
            return None
        if following:
            done = photos - self._catalog.next.count_left()[0]
            return PendingModelChange(following.model, following.fingerprint, done, photos, is_begun=True)
        with suppress(UnknownPartError, BundleError):
            model = load_model(record.model)
            if model.fingerprint != record.fingerprint:
                done = photos if record.fingerprint in model.same_features else 0
                return PendingModelChange(record.model, model.fingerprint, done, photos, is_begun=False)
        return None

    def must_change(self) -> bool:
        """Whether no query can be answered before a change to a model that embeds the features which are here."""
        record, change = self._catalog.model(), self.pending_change()
        if record is None or change is None or change.photos_done < change.photos:
            return False
        try:
            if self._asked_besides(record) is None:
                self.encoder_of(record)
        except ModelMismatchError:
            return True
        return False

    def _asked_besides(self, record: ModelRecord) -> NamedModel | None:
        """The requested model, if it may differ from the recorded one."""
        if self.asked is None:
            return None
        by_name = isinstance(self.asked, str | Path)
        return None if by_name and recorded_name(self.asked) == record.model else named_model(self.asked)

    def _exact(self, record: ModelRecord) -> DualEncoder | None:
        """The recorded model: by name, or any known model with its fingerprint."""
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
        """The current model in place of an older one, if it has a bridge to it."""
        known = False
        for name in dict.fromkeys((record.model, DEFAULT)):
            with suppress(UnknownPartError):
                bridged = load_bridged(name, record.fingerprint)
                known = known or name == record.model
                if bridged is not None:
                    logger.warning(
                        "the photos of %s were embedded by an older model %s; queries are mapped into its space, which "
                        "is slightly less accurate; run 'twinlens index' to embed the photos with the new one",
                        self._place,
                        record.model,
                    )
                    return bridged
        raise ModelMismatchError(self._changed(record) if known else self._lost(record))

    def _refusal(self, record: ModelRecord, asked: NamedModel) -> str:
        return (
            f"collection {self._place} was indexed with model {record.model} ({record.fingerprint}), "
            f"but {asked.name} ({asked.encoder.fingerprint}) was requested; "
            f"search with the first, or run 'twinlens reindex {self._place} --model {asked.name}'"
        )

    def _changed(self, record: ModelRecord) -> str:
        change = self.pending_change()
        reads_none = change is not None and change.photos_done == change.photos
        reads, call = ("no photo", "complete_change()") if reads_none else ("every photo", "index()")
        return (
            f"collection {self._place} was indexed with an older {record.model} model ({record.fingerprint}), which is "
            f"no longer available; change it to the current one, which reads {reads} again: "
            f"twinlens index --collection {self._place} (in Python: {call} of the collection)"
        )

    def _lost(self, record: ModelRecord) -> str:
        return (
            f"collection {self._place} needs the model {record.model} ({record.fingerprint}), which cannot be "
            f"found; restore it, or run 'twinlens reindex {self._place} --model {DEFAULT}' "
            "(in Python, an encoder can be passed as model=)"
        )


def named_model(source: ModelSource) -> NamedModel:
    """Opens a model, with the name that a catalog records for it."""
    if isinstance(source, str | Path):
        return NamedModel(recorded_name(source), load_model(source))
    return NamedModel(source.name, source)


def check_name(model: NamedModel) -> None:
    """Refuses an encoder whose name would lead to another model the next time.

    Raises:
        ModelMismatchError: the name is empty, a folder's, or that of another model.
    """
    name = model.name
    if is_known_model(name) and load_model(name).fingerprint != model.encoder.fingerprint:
        raise ModelMismatchError(f"{name!r} is the name of another model; give the encoder a name of its own")
    if not name.strip() or (Path(name).expanduser().is_dir() and not Path(name).is_absolute()):
        raise ModelMismatchError(f"an encoder needs a name that is not a folder's, got {name!r}")


def recorded_name(source: ModelSource) -> str:
    """The name that a catalog records for a model: its name, or the path of its folder."""
    if not isinstance(source, str | Path):
        return source.name
    folder = Path(source).expanduser()
    return str(folder.resolve()) if folder.is_dir() and not is_known_model(str(source)) else str(source)
