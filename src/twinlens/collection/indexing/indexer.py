"""Update a collection, one process at a time: photos, captions, model, and derived vectors."""

import functools
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.settings import ARCHIVES, FOLLOW_LINKS
from twinlens.collection.catalog.sqlite.before_upgrade import forget_after_upgrade
from twinlens.collection.catalog.sqlite.integrity import check_fully, is_check_due, is_known_intact, remember_intact
from twinlens.collection.derived import Derived
from twinlens.collection.indexing.captions import index_captions, open_captions
from twinlens.collection.indexing.disk_guard import DiskGuard
from twinlens.collection.indexing.excluding.rules import check_pattern
from twinlens.collection.indexing.index import index_folders
from twinlens.collection.indexing.models.model_change import change_model
from twinlens.collection.indexing.models.model_of_record import (
    ModelOfRecord,
    ModelSource,
    NamedModel,
    check_name,
    named_model,
)
from twinlens.collection.indexing.sharing.helping import Helper
from twinlens.collection.indexing.telling.progress import IndexListener, SilentListener
from twinlens.collection.indexing.telling.report import CaptionReport, IndexReport, ModelChangeReport
from twinlens.collection.indexing.updating.options import DEFAULTS, IndexOptions
from twinlens.collection.indexing.updating.task import READER_VERSION
from twinlens.collection.place.disk import only_writer
from twinlens.collection.place.locate import user_path
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.errors import AlreadyIndexingError, CatalogDamagedError, CollectionError, ConfigError, ModelMismatchError
from twinlens.protocols import Dataset, DualEncoder


class Indexer:
    """All operations that change the contents of a collection.

    Args:
        place: the collection folder.
        catalog: the source of truth.
        folders: the collection's photo folders.
        model: the model of its vectors.
        derived: what is made from the catalog.
    """

    def __init__(
        self,
        place: Path,
        catalog: Catalog,
        folders: PhotoFolders,
        model: ModelOfRecord,
        derived: Derived,
    ) -> None:
        self._place, self._catalog, self._folders, self._model = place, catalog, folders, model
        self._derived = derived

    def index(
        self, *, captions: str | os.PathLike[str] | None, listener: IndexListener | None, options: IndexOptions
    ) -> IndexReport:
        """See ``Collection.index``."""
        # a change of model scans the folders up to three times, but asks about each once
        if callable(options.forget_missing):
            options = options._replace(forget_missing=functools.cache(options.forget_missing))
        with self._alone_or_helping(listener or SilentListener(), options) as helped:
            guard = DiskGuard(listener or SilentListener(), self._place)
            data = None if captions is None else open_captions(user_path(captions), self._folders.all())
            if options.follow_links is not None:
                self._catalog.set_meta({FOLLOW_LINKS: str(int(options.follow_links))})
            if options.archives is not None:
                self._catalog.set_meta({ARCHIVES: str(int(options.archives))})
            self._keep_patterns(options)
            report = self._index(guard, options)
            report.helped = helped
            if data is not None:
                report.captions = self._index_captions(data, guard)
                report.seconds = round(report.seconds + report.captions.seconds, 3)
        return report

    def add_captions(self, captions: str | os.PathLike[str], *, listener: IndexListener | None) -> CaptionReport:
        """See ``Collection.add_captions``."""
        with self._alone():
            if not self._catalog.count():
                raise self._catalog.nothing_found()
            data = open_captions(user_path(captions), self._folders.all())
            return self._index_captions(data, DiskGuard(listener or SilentListener(), self._place))

    def reindex(self, model: ModelSource, *, listener: IndexListener | None) -> IndexReport:
        """See ``Collection.reindex``."""
        with self._alone():
            chosen, record = named_model(model), self._catalog.model()
            check_name(chosen)
            self._model.asked = None if self._catalog.count() else model
            guard = DiskGuard(listener or SilentListener(), self._place)
            if record is None or record.fingerprint != chosen.encoder.fingerprint:
                return self._index(guard, DEFAULTS, change_to=chosen)
            self._catalog.next.cancel()
            self._catalog.remember_model(chosen.record())
            return self._index(guard, DEFAULTS)

    def complete_change(self, *, listener: IndexListener | None) -> ModelChangeReport | None:
        """See ``Collection.complete_change``."""
        with self._alone():
            self._derived.sync()
            model = self._model.wanted()
            if model is None:
                return None
            guard = DiskGuard(listener or SilentListener(), self._place)
            change = change_model(self._catalog, model, self._folders.all(), listener=guard)
            if change.is_complete:
                self._model.keep(model.encoder)
                self._derived.sync()
                self._catalog.checkpoint()
            return change

    @contextmanager
    def _alone(self, *, is_part: bool = False) -> Iterator[None]:
        """Holds the lock that lets only one process change the collection.

        Args:
            is_part: only a few photos have changed: a large catalog is checked by the next run that looks at all.
        """
        if not self._derived.writable:
            raise CollectionError(f"{self._place} cannot be written; use --collection DIR for a place that can")
        self._catalog.check_present()  # the lock would create a folder that is gone
        with only_writer(self._place, self._catalog):
            if self._catalog.work is not None:
                self._catalog.work.end()  # others would read what nobody waits for
            check_fully(self._catalog, only_small=is_part)
            was_intact = is_known_intact(self._catalog)
            yield
            forget_after_upgrade(self._catalog.path)
            if was_intact and (is_part or not is_check_due(self._catalog)):  # what was written since is ours
                remember_intact(self._catalog)
            check_fully(self._catalog, only_small=is_part)  # remembered, so that opening it is quick

    @contextmanager
    def _alone_or_helping(self, listener: IndexListener, options: IndexOptions) -> Iterator[int]:
        """As ``_alone``; while another process indexes a catalog on a server, this one may read photos for it.

        Yields:
            how many it has read.
        """
        work = self._catalog.work if options.together else None
        helper = None if work is None else Helper(self._catalog, work, self._folders.all, listener)
        with ExitStack() as alone:
            while True:
                try:
                    alone.enter_context(self._alone(is_part=options.changed is not None))
                    break
                except AlreadyIndexingError:
                    if helper is None:
                        raise
                helper.help(self._model.embedder(), READER_VERSION)
            yield 0 if helper is None else helper.read

    def _index(
        self, listener: IndexListener, options: IndexOptions, change_to: NamedModel | None = None
    ) -> IndexReport:
        self._folders.tell_outer()
        if not self._catalog.count():
            report = self._index_folders(self._model.adopt(), listener, options._replace(changed=None))
        else:
            self._derived.sync()  # detects a catalog restored from a backup, before its generation catches up
            model = change_to or self._model.wanted()
            if model is None:
                self._catalog.next.cancel()
                report = self._index_folders(self._model.embedder(), listener, options)
            else:
                report = self._change(model, listener, options)
        self._catalog.set_meta({"first_index": "done"})
        self._derived.sync()
        self._catalog.checkpoint()
        return report

    def _change(self, model: NamedModel, listener: IndexListener, options: IndexOptions) -> IndexReport:
        """Updates the photos, embeds all of them with the new model, and adds photos deferred until then."""
        options = options._replace(changed=None)
        embedder, silent, once = self._model.embedder(), SilentListener(), options._replace(verify=False)
        report = self._index_folders(embedder, listener, options)
        change = change_model(self._catalog, model, self._folders.all(), listener=listener)
        if change.waiting:
            again = self._index_folders(embedder, silent, once)
            report = report.followed_by(again)
            if again.removed or again.renamed:  # the change need not wait for photos deleted in the meantime
                change = change_model(self._catalog, model, self._folders.all(), listener=silent).after(change)
        if change.is_complete:
            self._model.keep(model.encoder)
            self._derived.sync()
            later = listener if report.deferred else silent
            report = report.followed_by(self._index_folders(model.encoder, later, once))
        report.model_change = change
        return report

    def _index_folders(
        self, encoder: DualEncoder | None, listener: IndexListener, options: IndexOptions
    ) -> IndexReport:
        options = options._replace(
            follow_links=self._catalog.follows_links,
            exclude=self._catalog.excluded,
            archives=self._catalog.opens_archives,
        )
        return index_folders(self._catalog, encoder, self._folders.all(), listener=listener, options=options)

    def _keep_patterns(self, options: IndexOptions) -> None:
        """Records which patterns exclude files from now on."""
        try:
            known = self._catalog.excluded
        except CatalogDamagedError:
            if not options.exclude:
                raise
            known = []
        for pattern in options.exclude:
            check_pattern(pattern)
        for pattern in options.no_longer_exclude:
            if pattern not in known:
                raise ConfigError(
                    f"no pattern {pattern!r} is excluded; there is " + (", ".join(map(repr, known)) or "none")
                )
        dropped = {*options.exclude, *options.no_longer_exclude}  # one that is given again comes last
        patterns = [*(one for one in known if one not in dropped), *dict.fromkeys(options.exclude)]
        if patterns != known:
            self._catalog.exclude(patterns)

    def _index_captions(self, captions: Dataset, listener: IndexListener) -> CaptionReport:
        self._derived.sync()
        encoder = self._model.embedder()
        if encoder is None:
            raise ModelMismatchError(
                f"captions for {self._place} need the model that its photos were embedded with, which is missing; "
                f"embed the photos again first: twinlens index --collection {self._place} (in Python: call index())"
            )
        report = index_captions(self._catalog, encoder, self._folders.all(), captions, listener=listener)
        self._derived.sync()
        self._catalog.checkpoint()
        return report
