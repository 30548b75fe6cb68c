"""Take another collection's photos, and what people gave to them, into a collection."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.portable.carried import CarriedCatalog
from twinlens.collection.catalog.settings import ARCHIVES, FOLLOW_LINKS
from twinlens.collection.indexing.models.model_of_record import ModelOfRecord
from twinlens.collection.place.disk import only_writer
from twinlens.collection.place.locate import FOLDER_NAME
from twinlens.collection.place.photo_folders import PhotoFolder, PhotoFolders
from twinlens.collection.place.room import check_room
from twinlens.collection.portable.patterns import PatternsTaken, take_patterns
from twinlens.collection.portable.take_in import OnPhotos, Place, TakenIn, Taking, tried_out
from twinlens.data.file_names import relative_text
from twinlens.errors import CollectionError


@dataclass(slots=True)
class Merged:
    """What a merge did.

    Attributes:
        collection: that has both now.
        taken: what was taken in.
        new_folders: photo folders that it did not have.
        missing: photo folders of the other one that are not there: what their photos were given was taken alone.
        to_embed: photos whose vectors are of another model; the next index run embeds them with this one's.
        patterns: of files to leave out, that the other one has.
    """

    collection: Path
    taken: TakenIn = field(default_factory=TakenIn)
    new_folders: list[Path] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)
    to_embed: int = 0
    patterns: PatternsTaken = field(default_factory=PatternsTaken)


def merge(
    catalog: Catalog,
    other: Catalog,
    *,
    place: Path | None = None,
    given_only: bool = False,
    dry_run: bool = False,
    on_photos: OnPhotos = lambda _, __: None,
) -> Merged:
    """Takes the photos of another collection in, which stays as it is.

    A photo at a path that is known here is the same one. What was given to a photo whose folder is not there goes to
    the photos here with its content, or waits until one is indexed. Where a photo can have one of a kind only, such
    as a rating, the one here stays. After an interrupt, do it again.

    Args:
        catalog: takes them in.
        other: the other collection's.
        place: where the collection is, or will be; None = where the catalog is.
        given_only: take what was given to equal contents only, and no photo.
        dry_run: say what would be taken in, and take nothing.
        on_photos: called with the number of photos that were looked at, and of all.

    Raises:
        CollectionError: the two are one, their folders overlap, or this one cannot be written.
        CollectionBusyError: another process is indexing it.
        DiskFullError: it does not fit on the disk.
    """
    here = place or catalog.path.parent
    if catalog.identity == other.identity:
        raise CollectionError(f"{other.path.parent} is this collection, or a copy of it; there is nothing to merge")
    if catalog.read_only:
        raise CollectionError(f"{here} cannot be written; give --to DIR for a place of both")
    if not given_only and (catalog.has_only_known or other.has_only_known):
        narrow = here if catalog.has_only_known else other.path.parent
        raise CollectionError(
            f"{narrow} has only the photos of a search: merged, all in its folders would be indexed, or nothing new; "
            "use --given-only, or index its folders anew"
        )
    if not catalog.is_served:
        check_room(catalog.path.parent, other.size_bytes, what="the merged collection")
    merged = Merged(here)
    with only_writer(catalog.path.parent, catalog), other.snapshot(), tried_out(catalog, dry_run=dry_run):
        source = CarriedCatalog(other)
        if catalog.model() is None and source.model is not None:
            catalog.remember_model(source.model)
        model = catalog.model()
        fits = source.model is not None and model is not None and source.model.fingerprint == model.fingerprint
        places = {} if given_only else _places(catalog, other, here, merged)
        if places:
            _take_settings(catalog, other)
        encoder = ModelOfRecord(here, catalog, asked=None).embedder()
        merged.taken = Taking(catalog, source, places, encoder, on_photos, adds=fits).run()
        if not fits and not given_only:
            merged.to_embed = other.count()
        if places:
            merged.patterns = _take_patterns(catalog, other, places)
    return merged


def _take_settings(catalog: Catalog, other: Catalog) -> None:
    """What the other's photos need, or else the next index run would remove them."""
    settings = ((ARCHIVES, other.opens_archives), (FOLLOW_LINKS, other.follows_links))
    if needed := {name: "1" for name, is_needed in settings if is_needed}:
        catalog.set_meta(needed)


def _take_patterns(catalog: Catalog, other: Catalog, places: Mapping[str, Place]) -> PatternsTaken:
    prefixes = {folder.id: places[folder.name].prefix for folder in other.folders() if folder.name in places}
    paths = [prefixes[number] + path for number, path in other.files.all() if number in prefixes]
    return take_patterns(catalog, other.excluded, [prefix.rstrip("/") for prefix in prefixes.values()], paths)


def _places(catalog: Catalog, other: Catalog, here: Path, merged: Merged) -> dict[str, Place]:
    """Where the other's folders are in folders of this collection, by name; those that are new are added."""
    folders = PhotoFolders(here, catalog)
    ours = folders.all()
    names = {folder.id: folder.name for folder in other.folders()}
    places: dict[str, Place] = {}
    for folder in PhotoFolders(other.path.parent, other).all():
        outer = next((one for one in ours if folder.path.is_relative_to(one.path)), None)
        if not folder.path.is_dir():
            merged.missing.append(folder.path)
        elif outer is not None:
            below = "" if folder.path == outer.path else f"{relative_text(folder.path, outer.path)}/"
            places[names[folder.id]] = Place(outer.id, below)
        else:
            _check_new(folder, ours, here)
            places[names[folder.id]] = Place(folders.add(folder.path))
            merged.new_folders.append(folder.path)
    return places


def _check_new(folder: PhotoFolder, ours: list[PhotoFolder], here: Path) -> None:
    if inner := next((one for one in ours if one.path.is_relative_to(folder.path)), None):
        raise CollectionError(f"{folder.path} contains {inner.path}; merge this collection into that of {folder.path}")
    if here.name == FOLDER_NAME:
        raise CollectionError(
            f"{here} lies in its photo folder and has that alone; give --to DIR for a collection of both folders"
        )
