"""``Collection``: open, index and search photo folders."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twinlens.collection.catalog.condition import ANY
from twinlens.collection.catalog.reading import DateGaps, month_counts, photo_paths
from twinlens.collection.curating.given_photos import PhotoLike
from twinlens.collection.describing.describe import describe
from twinlens.collection.describing.labels import Label
from twinlens.collection.describing.tag_suggestions import Accepted, PhotoTags
from twinlens.collection.describing.text_vectors import OnProgress as OnTextProgress
from twinlens.collection.duplicates.files import Files
from twinlens.collection.duplicates.find import DuplicateSearch, OnProgress
from twinlens.collection.duplicates.found import Duplicates, KindsLike, known_kinds
from twinlens.collection.indexing.brought import BroughtVectors
from twinlens.collection.indexing.models.model_of_record import ModelSource
from twinlens.collection.indexing.scanning.last_scan import last_scan_stamp, skipped_files
from twinlens.collection.indexing.scanning.missing import ForgetMissing
from twinlens.collection.indexing.scanning.since_index import LOOKING_S, SinceIndex, since_index
from twinlens.collection.indexing.telling.progress import IndexListener
from twinlens.collection.indexing.telling.report import CaptionReport, IndexReport, ModelChangeReport
from twinlens.collection.indexing.updating.options import IndexOptions
from twinlens.collection.indexing.watching.changes import Changes
from twinlens.collection.indexing.watching.follow import Run, follow
from twinlens.collection.open_collection import OpenCollection
from twinlens.collection.place.disk import only_text_reader, only_watcher
from twinlens.collection.place.photo_folders import FileKey
from twinlens.collection.place.presence import is_gone
from twinlens.collection.recognizing.reading import OnProgress as OnReading
from twinlens.collection.recognizing.reading import read_texts
from twinlens.collection.recognizing.report import TextReport
from twinlens.collection.searching.answer import Answer
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.query import Pictures, Query, QueryLike, as_query, photo_query, similar_query
from twinlens.collection.searching.search import Page, Search, Sort, Target
from twinlens.collection.showing.card import PhotoCard, find_card
from twinlens.collection.showing.examples import examples
from twinlens.collection.showing.exporting.archive import list_photos, zip_photos
from twinlens.collection.showing.facets import Facets, facets
from twinlens.collection.showing.facts import LibraryFacts, library_facts
from twinlens.collection.showing.grid import GridPhoto, browse, listed
from twinlens.collection.showing.map import Projection
from twinlens.collection.showing.maps.places import PlacesMap, map_of_places
from twinlens.collection.showing.maps.world import View
from twinlens.collection.showing.status import collection_status
from twinlens.collection.showing.suggestions import Suggestion, suggestions
from twinlens.collection.showing.thumbnails import ThumbnailCache, thumbnails_folder
from twinlens.collection.teaching.teaching import Teaching
from twinlens.embedding.local import Skipped
from twinlens.embedding.on_cluster import ClusterEmbedding
from twinlens.errors import CollectionError, QueryError, TwinlensError
from twinlens.everyday.languages import ENGLISH, language_named
from twinlens.ocr.rapid import RapidRecognizer
from twinlens.protocols import TextRecognizer
from twinlens.types import Grade, Hit, Ids


class Collection(OpenCollection):
    """Photos and captions that can be searched by text and by photo.

    Open one with ``Collection.open`` or ``Collection.create``. Searching is safe from
    several threads at once, and from several processes while one of them indexes.
    """

    # --- indexing -----------------------------------------------------------------------------

    def index(
        self,
        *,
        captions: str | os.PathLike[str] | None = None,
        listener: IndexListener | None = None,
        forget_missing: ForgetMissing = False,
        drop_kept: bool = False,
        verify: bool = False,
        follow_links: bool | None = None,
        embeddings: BroughtVectors | None = None,
        exclude: Sequence[str] = (),
        no_longer_exclude: Sequence[str] = (),
        being_written: frozenset[FileKey] = frozenset(),
        archives: bool | None = None,
        on: ClusterEmbedding | None = None,
        together: bool = False,
    ) -> IndexReport:
        """Brings the collection up to date with its folders; see ``index_folders``.

        Args:
            captions: a caption file, added after the photos; see ``add_captions``.
            listener: called with the plan and the progress.
            forget_missing: remove the photos of folders that are empty now or whose disk may not be mounted:
                of all, of none (then the report's ``kept_folders`` lists them), or of those subfolders for which
                a function returns True. What was given to them is kept until they come back.
            drop_kept: drop the captions, favourites, tags and ratings that are kept of photos that are gone.
            verify: also read the photos whose size and date have not changed; their contents are compared
                with the catalog, their metadata read again. After an interrupt, the next one continues.
            follow_links: index and serve what is behind links that lead out of a photo folder, too;
                None = as in the last run, at first no.
            embeddings: vectors of photos that another program made with the same model, in the place of computing
                them; some are checked, and photos without one are embedded as usual.
            exclude: patterns of files and folders to leave out of the photo folders, as gitignore has them; kept for
                later runs. Photos that were indexed leave the collection; their captions and favourites are kept.
            no_longer_exclude: patterns of earlier runs that no longer hold.
            being_written: number of the photo folder and path of files that are not complete yet, and left alone.
            archives: index photos inside zip and tar files, too; None = as in the last run, at first no.
            on: the machines that read and embed the photos, while this process writes; None = this process does both.
            together: while another process indexes a catalog on a server, read photos for it and index afterwards,
                in place of CollectionBusyError.

        Raises:
            ClusterError: those machines are lost, or cannot do it; committed work is kept.
            ConfigError: a pattern is none, or one that should no longer hold is not known.
            CollectionBusyError: another process is indexing it.
            ModelMismatchError: a model other than the collection's was requested.
            DiskFullError: no space left; committed work is kept.
            DataError: the captions cannot be read, or none belongs to a photo of the collection; the embeddings are
                not of this model, or of none of the photos.
        """
        options = IndexOptions(
            forget_missing,
            drop_kept,
            verify,
            follow_links,
            embeddings,
            exclude=exclude,
            no_longer_exclude=no_longer_exclude,
            being_written=being_written,
            archives=archives,
            on=on,
            together=together,
        )
        return self._indexer.index(captions=captions, listener=listener, options=options)

    def follow(
        self,
        stop: threading.Event,
        *,
        run: Run | None = None,
        on_report: Callable[[IndexReport], None] = lambda _: None,
        on_error: Callable[[TwinlensError], None] = lambda _: None,
    ) -> None:
        """Brings the collection up to date whenever its folders change, first at once, until ``stop`` is set.

        A file that is still being written waits until it is complete. A photo folder that disappears is waited for.

        Args:
            stop: ends it, also from another thread.
            run: indexes in the place of ``index_changes``.
            on_report: called after each run.
            on_error: called when a run has failed; it is tried again.

        Raises:
            AlreadyWatchedError: another process does this already.
            CollectionError: the collection cannot be written.
        """
        from twinlens.collection.indexing.watching.watch import Watch  # what it needs is loaded for it alone

        if not self.is_writable:
            raise CollectionError(f"{self.path} cannot be written, so it cannot be kept up to date")
        with only_watcher(self.path, self.catalog):
            watch = Watch(self.catalog, self._folders, stop)
            follow(watch, run or self.index_changes, on_report=on_report, on_error=on_error)

    def index_changes(self, changes: Changes, *, listener: IndexListener | None = None) -> IndexReport:
        """As ``index``, knowing what the system has told: a folder emptied file by file is no missing disk.

        Args:
            changes: from ``follow``.
            listener: called with the plan and the progress.
        """
        folders = self.folders()
        options = IndexOptions(
            lambda missing: changes.explain(missing, folders),
            being_written=changes.being_written,
            changed=changes.paths,
        )
        return self._indexer.index(captions=None, listener=listener, options=options)

    def reindex(self, model: ModelSource, *, listener: IndexListener | None = None) -> IndexReport:
        """Switches the collection to another model: embeds its photos and captions again.

        Searches use the old vectors until the new ones are complete. After an interrupt, the
        next ``reindex`` or ``index`` continues; ``reindex`` with the old model cancels the
        change. The report's ``model_change`` shows the progress.

        Args:
            model: an encoder, or the name or folder of a model.
            listener: called with the plan and the progress.

        Raises:
            UnknownPartError: there is no such model.
            CollectionBusyError, DiskFullError: see ``index``.
        """
        return self._indexer.reindex(model, listener=listener)

    def add_captions(self, captions: str | os.PathLike[str], *, listener: IndexListener | None = None) -> CaptionReport:
        """Adds captions to indexed photos; only new ones are embedded.

        The listed captions replace those of each listed photo; other photos keep theirs.

        Args:
            captions: a caption file in any format that ``data`` reads, or the folder of such a data set.
                Its photos are matched by path relative to the photo folders, then by file name.
            listener: called with the plan and the progress.

        Raises:
            DataError: the captions cannot be read, or none belongs to a photo of the collection.
            CollectionNotFoundError: no photo is indexed yet.
            CollectionBusyError, ModelMismatchError, DiskFullError: see ``index``.
        """
        return self._indexer.add_captions(captions, listener=listener)

    def read_texts(
        self,
        *,
        all_photos: bool = False,
        recognizer: TextRecognizer | None = None,
        on_progress: OnReading | None = None,
        **filters: Any,
    ) -> TextReport:
        """Reads the text in pictures that have not been looked at yet, so that photos are found by it.

        Each content is read once, whatever its names. After an interrupt, the next run continues.

        Args:
            all_photos: also read photos in which nothing looks like writing.
            recognizer: reads a picture; None = RapidOCR, of the extra ``ocr``.
            on_progress: called with the number of photos done and their total.
            filters: only these photos; see ``search``.

        Raises:
            TextRecognizerError: the extra is not installed, or fails on photo after photo.
            AlreadyReadingError: another process does this already.
            PhotosMissingError: a photo folder is not there.
            CollectionError: the collection cannot be written.
            CollectionNotFoundError: nothing is indexed yet.
            QueryError: a filter is invalid.
        """
        if not self.is_writable:
            raise CollectionError(f"{self.path} cannot be written, so no text can be kept there")
        condition = Filters(**filters).condition(self._searcher.scope())
        if not len(self):
            raise self.catalog.nothing_found()
        self.check_present()
        with only_text_reader(self.path, self.catalog):
            report = read_texts(
                self.catalog,
                self.folders(),
                RapidRecognizer if recognizer is None else lambda: recognizer,
                condition=condition,
                all_photos=all_photos,
                on_progress=on_progress,
            )
        self._derived.texts.synced()
        return report

    def complete_change(self, *, listener: IndexListener | None = None) -> ModelChangeReport | None:
        """Changes to the current version of the model by the features that are stored; None if nothing has changed.

        Neither looks for new photos nor needs the photo folders, unlike ``index``, which does the same first.

        Args:
            listener: called with the plan and the progress.

        Raises:
            CollectionBusyError, DiskFullError: see ``index``.
        """
        return self._indexer.complete_change(listener=listener)

    # --- searching ----------------------------------------------------------------------------

    def search(
        self,
        query: QueryLike,
        *,
        k: int = 10,
        offset: int = 0,
        sort: Sort = "relevance",
        target: Target = "image",
        min_grade: Grade | None = None,
        min_probability: float | None = None,
        include_query_photo: bool = False,
        group: bool = False,
        **filters: Any,
    ) -> list[Hit]:
        """The photos or captions that fit the query best.

        Returns k hits, whether they match or not; a hit's ``grade`` tells how sure it is.
        ``answer`` also counts the grades.

        Args:
            query: text, a photo's path, a weighted sum (see ``parse_query``), or a PIL image.
            k: number of hits, at least 1.
            offset: number of best hits to skip, for paging.
            sort: "relevance"; or "date" (newest first), "oldest", "name" or "size" (largest first) for all
                relevant hits in that order, then the others; see ``Page``.
            target: "image" to find photos, or "caption" to find captions; filters then apply
                to the captions' photos.
            min_grade: leave out hits with a lower grade: "strong", "likely" or "possible".
            min_probability: leave out hits that are less probable.
            include_query_photo: allow a photo of the collection to find itself; it always finds its captions.
            group: make near copies, and the files of a stack, one hit, the best of them; ``hit.alike`` lists the
                others, and ``hit.alike_kinds`` says what each is.
            filters: such as ``after="2023-06"``, ``camera="canon"``, ``favourites=True``;
                ``twinlens.known_filters()`` lists them.

        Raises:
            QueryError: the query or a filter is invalid.
            CollectionNotFoundError: nothing is indexed yet, or words were to find captions and there are none.
        """
        search = Search.of(
            query,
            k=k,
            offset=offset,
            sort=sort,
            target=target,
            min_grade=min_grade,
            min_probability=min_probability,
            include_query_photo=include_query_photo,
            group=group,
            filters=filters,
        )
        answer = self.answer(search)
        return list(answer.hits if min_grade is None and min_probability is None else answer.matching)

    def similar(
        self,
        photo: Pictures,
        *,
        k: int = 10,
        without: Pictures = (),
        regions: str | Sequence[str] = (),
        include_query_photo: bool = False,
        **filters: Any,
    ) -> list[Hit]:
        """Photos that look like a photo, by their features; the photo itself is left out unless requested.

        Args:
            photo: a photo's path, a URL, a PIL image, or several of these: then photos like their mean.
            k: number of hits, at least 1.
            without: pictures; what has a grade for one of them is left out.
            regions: parts of the photos that are meant, in their order, such as ``"10%,20%,50%,50%"``.
            include_query_photo: allow the photos to find themselves.
            filters: see ``search``.

        Raises:
            QueryError, CollectionNotFoundError: see ``search``.
        """
        query = similar_query(photo, without=without, regions=regions)
        return self.search(query, k=k, include_query_photo=include_query_photo, **filters)

    def caption(
        self, photo: str | os.PathLike[str], *, k: int = 10, language: str = ENGLISH, **filters: Any
    ) -> list[Hit]:
        """The captions that fit a photo best; the photo need not be in the collection.

        They are the collection's own or, where it has none, everyday descriptions in a language (see ``describe``).
        """
        search = Search.from_options(photo_query(Path(photo)), {"target": "caption", "k": k, **filters})
        return list(self.fitting_captions(search, language=language).hits)

    def fitting_captions(self, search: Search, *, language: str = ENGLISH) -> Answer:
        """The full answer to a search for captions of photos; see ``caption``."""
        if search.query.kind() == "photo" and self.catalog.captions.is_empty():
            return self.describe(search.query, page=search.page, language=language)
        return self._searcher.answer(search)

    def answer(self, search: Search | QueryLike, **options: Any) -> Answer:
        """The full answer to a search: hits, number of matches, and the closest hits if nothing matches.

        Args:
            search: a ``Search``, or a query.
            options: with a query: options of ``Search.of``, and filters by name.

        Raises:
            QueryError, CollectionNotFoundError: see ``search``.
        """
        if not isinstance(search, Search):
            search = Search.from_options(search, options)
        elif options:
            raise QueryError(f"a Search already contains its options, got also {', '.join(options)}; set them in it")
        return self.fitting_captions(search) if search.target == "caption" else self._searcher.answer(search)

    def describe(
        self,
        photo: QueryLike | os.PathLike[str],
        *,
        page: Page | None = None,
        language: str = ENGLISH,
        on_progress: OnTextProgress | None = None,
    ) -> Answer:
        """What a photo shows, in words of the built-in list of everyday descriptions, whatever captions there are.

        Args:
            photo: a path, a PIL image, or a query of photos; it need not be in the collection.
            page: which descriptions; the 5 best by default.
            language: in which they are told: "en", "de", "es", "fr" or "zh"; a locale such as "de_AT" will do.
            on_progress: called while the list is embedded, which happens once for a model.

        Raises:
            QueryError: the photo cannot be read, the query has words, or the list lacks the language.
        """
        query = photo_query(Path(photo)) if isinstance(photo, str | os.PathLike) else as_query(photo)
        spoken = language_named(language)
        return describe(query, self.encoder, page=page, language=spoken, on_progress=on_progress)

    def suggest_tags(
        self,
        photos: Iterable[PhotoLike] | None = None,
        *,
        labels: Sequence[Label] | str | os.PathLike[str] | None = None,
        min_grade: Grade = "likely",
        k: int = 10,
        language: str = ENGLISH,
        on_progress: OnTextProgress | None = None,
        **filters: Any,
    ) -> Iterator[PhotoTags]:
        """Tags that photos do not have and that fit them, photo by photo; nothing is stored.

        Args:
            photos: ids or paths; None for all that pass the filters.
            labels: the tags to choose from: a file (see ``read_labels``), or labels; None for the built-in list.
            min_grade: the lowest grade of a suggestion.
            k: most suggestions for a photo.
            language: of the built-in tags; see ``describe``. A photo that has a tag in one language is not
                suggested it in another.
            on_progress: called while the labels, or once for a model the built-in list, are embedded.
            filters: see ``search``.

        Raises:
            QueryError: a photo is unknown, a filter is invalid, or the list lacks the language.
            DataError: the file of labels cannot be used.
            CollectionNotFoundError: nothing is indexed yet.
        """
        Page(k)
        spoken = language_named(language)
        if not len(self):
            raise self.catalog.nothing_found()
        numbers = self._numbers(None, filters)
        if photos is not None:
            numbers = numbers[np.isin(numbers, self._given.numbers(photos))]
        return self._suggestions.of_photos(
            numbers, labels, min_grade=min_grade, k=k, language=spoken, on_progress=on_progress
        )

    def accept_tags(self, suggested: Iterable[PhotoTags], *, min_grade: Grade = "strong") -> Accepted:
        """Gives photos the tags that are suggested for them with a grade or a better one, all or none.

        Raises:
            QueryError: a photo would have too many tags.
            CollectionError: the catalog cannot be written.
        """
        return self._suggestions.accept(suggested, min_grade)

    def write_tag_sidecars(self, photos: Iterable[PhotoLike]) -> tuple[list[Path], list[str]]:
        """Writes the tags of photos to XMP files beside them; the photos themselves stay as they are.

        Returns:
            The files that were written, and why others were not, a line each.

        Raises:
            QueryError: a photo is unknown; nothing was written.
        """
        return self._suggestions.write_sidecars(self._given.numbers(photos))

    def find_all(self, query: QueryLike, **filters: Any) -> list[str]:
        """Ids of all photos that match a query, in no order: those that a live album of this query has.

        Raises:
            QueryError: the query or a filter is invalid, or it is a sum, which leaves no photo out.
            CollectionNotFoundError: nothing is indexed yet.
        """
        return self._given.ids(self._searcher.found(as_query(query), Filters(**filters)).tolist())

    def match(self, query: QueryLike, photo_id: str) -> Hit | None:
        """How well one photo fits a query, with the score and grade that it has in a search; None if it is unknown.

        Raises:
            QueryError, CollectionNotFoundError: see ``search``.
        """
        card = self.photo(photo_id)
        search = Search(as_query(query), page=Page(k=1), include_query_photo=True)
        return None if card is None else next(iter(self._searcher.answer(search, only=card.number).hits), None)

    def count(self, *, target: Target = "image", **filters: Any) -> int:
        """Number of photos, or captions, that pass the filters.

        Raises:
            QueryError: a filter is invalid.
        """
        return self._searcher.count(Filters(**filters), target)

    def date_gaps(self, **filters: Any) -> DateGaps | None:
        """What a date filter cannot judge well: photos without a date, and with the date of their file only.

        Both pass the other filters. None without a date filter.

        Raises:
            QueryError: a filter is invalid.
        """
        return self._searcher.date_gaps(Filters(**filters))

    # --- browsing -----------------------------------------------------------------------------

    def browse(
        self, *, sort: Sort = "date", k: int = 100, offset: int = 0, **filters: Any
    ) -> tuple[list[GridPhoto], int]:
        """Photos without a query, and how many there are: newest first, undated ones last by path.

        Args:
            sort: another order than "date"; see ``Page``. Nothing is asked for that "relevance" could tell.
            k: number of photos, at least 1.
            offset: number of photos to skip, for paging.
            filters: see ``search``.

        Raises:
            QueryError: a filter, or the order, is invalid.
        """
        page, asked = Page(k, offset, sort), Filters(**filters)
        order = "date" if page.sort == "relevance" else page.sort
        return browse(self._searcher.scope(), asked, order=order, k=page.k, offset=page.offset)

    def listed(self, photo_ids: Iterable[str]) -> list[GridPhoto]:
        """Photos by their ids, as ``browse`` gives them, in the order given and each once.

        Those that are gone are left out.
        """
        return listed(self.catalog, self._folders.all(), self._given.known(photo_ids))

    def months(self, **filters: Any) -> list[tuple[str | None, int]]:
        """How many photos are from each month, such as "2023-06", the newest first; None for those without a date.

        Raises:
            QueryError: a filter is invalid.
        """
        condition = Filters(**filters).condition(self._searcher.scope())
        return month_counts(self.catalog, condition) if condition != ANY else self.catalog.counts().months()

    def duplicates(
        self, kinds: KindsLike = None, *, on_progress: OnProgress | None = None, **filters: Any
    ) -> Duplicates:
        """Groups of photos of which one may be enough, each with its best member and the evidence of the others.

        Nothing is deleted or moved. Only photos whose features are alike are opened, to compare their pictures.

        Args:
            kinds: "exact", "raw", "edited", "near", "series"; default all.
            on_progress: called with the number of photos opened and the total.
            filters: only among these photos, such as ``folder="2023"``.

        Raises:
            QueryError: a kind or a filter is invalid.
            PhotosMissingError: a photo folder is not there.
            CollectionNotFoundError: nothing is indexed yet.
        """
        wanted = known_kinds(kinds)
        folders = self.folders()
        condition = Filters(**filters).condition(self._searcher.scope())
        if not len(self):
            raise self.catalog.nothing_found()
        self.check_present()
        unread = (file.path for file in self.skipped()) if "raw" in wanted else ()
        files = Files(folders, unread)
        return DuplicateSearch(self.catalog, files, self._derived.likely_copies(), wanted, on_progress).find(condition)

    def photo(self, photo_id: str) -> PhotoCard | None:
        """A photo's metadata by the id that hits have; None if there is no such photo."""
        return find_card(self.catalog, self._folders, photo_id)

    def captions_of(self, photo_id: str) -> list[str]:
        """The captions of a photo, oldest first."""
        card = self.photo(photo_id)
        return [] if card is None else self.catalog.captions.of_photo(card.number)

    def facts(self) -> LibraryFacts:
        """Statistics of the collection: photos per subfolder and camera, dates, captions."""
        return library_facts(self.catalog, self.folders(), is_complete=self.is_complete)

    def facets(self) -> Facets:
        """What files say of the photos, counted: people, places, keywords."""
        return facets(self.catalog)

    def suggest(self, text: str, facts: LibraryFacts, *, k: int = 8) -> list[Suggestion]:
        """Queries that go on with what is being typed; those that the library answers best where nothing is yet.

        Args:
            text: what is typed.
            facts: of the library, as ``facts`` gives them.
            k: at most so many.
        """
        if not text.strip():
            return examples(self.answer, k=k)
        return suggestions(text, facts=facts, texts=self._derived.texts, catalog=self.catalog, k=k)

    def sample_files(self, count: int) -> list[Path]:
        """Files of so many photos, spread evenly over the collection; of all, if there are no more."""
        files = [
            folder.file(path) for folder in self.folders() for path in sorted(photo_paths(self.catalog, folder.id))
        ]
        return files if len(files) <= count else [files[place * len(files) // count] for place in range(count)]

    def is_current(self, facts: LibraryFacts) -> bool:
        """Whether facts are still true: nothing has changed since, and no index run has finished."""
        return (facts.generation, facts.scan_stamp) == (self.catalog.generation, last_scan_stamp(self.catalog))

    def since_index(self, *, within_s: float = LOOKING_S) -> SinceIndex | None:
        """What has changed in the photo folders since the last index run, at least; see ``since_index``.

        Args:
            within_s: how long to look.
        """
        return since_index(self.catalog, self.folders(), within_s=within_s)

    def status(self) -> dict[str, Any]:
        """Location and state of the collection, as ``twinlens status --json`` prints it."""
        change = self.pending_change()
        return collection_status(self.path, self.catalog, self.folders(), change, is_complete=self.is_complete)

    def skipped(self) -> list[Skipped]:
        """Every file in the photo folders that the last index run skipped, with its reason, by path."""
        return skipped_files(self.catalog, self.folders())

    def map(self, *, query: QueryLike | None = None, **filters: Any) -> Projection:
        """The photos as points in the plane, similar ones close together; kept until photos change.

        Of 200 photos and more a better map is computed in the background; until ``is_final`` this may be asked again.

        Args:
            query: only photos that match it; None for all.
            filters: see ``search``.

        Raises:
            QueryError: the query or a filter is invalid, or the query is a sum, which leaves no photo out.
            CollectionNotFoundError: a query, and nothing is indexed yet.
        """
        whole = self._projector.projection()
        return whole if query is None and not filters else whole.only(self._numbers(query, filters))

    def map_of_places(self, view: View, *, query: QueryLike | None = None, **filters: Any) -> PlacesMap:
        """Where photos were taken, as clusters; a second one of the same photos takes a few milliseconds.

        Args:
            view: the part of the Earth that is seen.
            query: only photos that match it; None for all.
            filters: see ``search``.

        Raises:
            QueryError: the query or a filter is invalid, or the query is a sum, which leaves no photo out.
            CollectionNotFoundError: a query, and nothing is indexed yet.
        """
        return map_of_places(self.catalog, self._folders, self._numbers(query, filters), view)

    def _numbers(self, query: QueryLike | None, filters: Mapping[str, Any]) -> Ids:
        """Ids in the catalog of the photos that pass the filters and match the query."""
        asked = Filters(**filters)
        if query is None:
            return self.catalog.select_ids(asked.condition(self._searcher.scope()))
        return self._searcher.found(as_query(query), asked)

    def thumbnails(self, *, max_bytes: int) -> ThumbnailCache:
        """Thumbnails of the photos, cached on disk up to a size limit."""
        folder = thumbnails_folder(self.path, identity=self.catalog.identity)
        return ThumbnailCache(folder, max_bytes=max_bytes)

    def zip_photos(self, photo_ids: Iterable[str]) -> Iterator[bytes]:
        """A zip of the photo files, in chunks; unreadable files are listed in it."""
        return zip_photos(self.photo, photo_ids)

    def count_missing(self, photo_ids: Iterable[str]) -> int:
        """Number of photos that an export leaves out: their ids are unknown, or their files are gone."""
        cards = (self.photo(one) for one in dict.fromkeys(photo_ids))
        return sum(card is None or is_gone(card.path) for card in cards)

    def list_photos(self, photo_ids: Iterable[str]) -> str:
        """A CSV with the photos' metadata; unknown ids and photos whose files are gone are left out."""
        cards = (card for one in dict.fromkeys(photo_ids) if (card := self.photo(one)) is not None)
        return list_photos((card, self.catalog.captions.of_photo(card.number)) for card in cards)

    # --- marks --------------------------------------------------------------------------------

    def mark_favourites(self, photos: Iterable[PhotoLike], *, is_favourite: bool = True) -> int:
        """Marks photos as favourites, or removes the marks, all or none; returns how many changed.

        Raises:
            QueryError: a photo is unknown; nothing was changed.
            CollectionError: the catalog cannot be written.
        """
        with self.catalog.transaction():
            return self.catalog.marks.mark(self._given.numbers(photos), is_favourite=is_favourite)

    def favourites(self) -> list[str]:
        """Ids of the marked photos, by folder and path."""
        prefixes = {folder.id: folder.prefix for folder in self.folders()}
        return [prefixes[folder_id] + path for folder_id, path in self.catalog.marks.favourites()]

    # --- teaching -----------------------------------------------------------------------------

    @property
    def teaching(self) -> Teaching:
        """Feedback on queries, words of one's own, and lessons; see ``Teaching``."""
        return Teaching(
            self.catalog,
            self._folders,
            number_of=self._number_of,
            score=self._score,
            holding=self._derived.texts.holding,
            encoder=lambda: self.encoder,
        )

    def feedback(self, query: QueryLike, *, good: Iterable[str] = (), bad: Iterable[str] = ()) -> int:
        """Says which photos fit a query and which do not, all or none; returns how many opinions changed.

        The next search refines the query by them: good ones stand first, and bad ones are left out.

        Raises:
            QueryError: an id is unknown, a photo is called both, or the query searches for nothing.
            CollectionError: the catalog cannot be written.
        """
        return self.teaching.feedback(as_query(query), good=good, bad=bad)

    def _number_of(self, photo_id: str) -> int | None:
        card = self.photo(photo_id)
        return None if card is None else card.number

    def _score(self, query: Query, photo_id: str) -> float:
        hit = self.match(query, photo_id)
        return -1.0 if hit is None else hit.score


_OPTIONS = frozenset(
    "k offset sort target min_grade min_probability show_all include_query_photo group explain".split()
)
