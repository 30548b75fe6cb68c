"""What an index run may be told."""

from collections.abc import Sequence
from typing import NamedTuple

from twinlens.collection.indexing.brought import BroughtVectors
from twinlens.collection.indexing.scanning.missing import ForgetMissing
from twinlens.collection.place.photo_folders import FileKey
from twinlens.embedding.on_cluster import ClusterEmbedding


class IndexOptions(NamedTuple):
    """What an index run does besides reading what is new.

    Attributes:
        forget_missing: whether to remove the photos of folders whose disk may not be mounted: of all,
            of none, or of those subfolders for which a function returns True.
        drop_kept: whether to drop what is kept of photos that are gone.
        verify: whether to read the photos again whose size and date have not changed, too.
        follow_links: whether to index what is behind links that lead out of a folder; None = as in the
            collection's last run, which ``Indexer`` looks up.
        brought: vectors of photos from another program.
        exclude: patterns of files and folders to leave out, as gitignore has them; ``Indexer`` adds those of
            earlier runs.
        no_longer_exclude: patterns of earlier runs that no longer hold.
        archives: whether zip and tar files count as folders; None = as in the collection's last run.
        being_written: folder and path of files that are left as they are known, because they are not complete yet.
        changed: folder and path of what came, changed or went since the last run, which is then all that is looked
            at; None = everything may have.
        on: the machines that read and embed; None = this process.
        together: whether to read photos for another process that indexes a catalog on a server, and index afterwards;
            False refuses to index then.
    """

    forget_missing: ForgetMissing = False
    drop_kept: bool = False
    verify: bool = False
    follow_links: bool | None = None
    brought: BroughtVectors | None = None
    exclude: Sequence[str] = ()
    no_longer_exclude: Sequence[str] = ()
    being_written: frozenset[FileKey] = frozenset()
    archives: bool | None = None
    changed: frozenset[FileKey] | None = None
    on: ClusterEmbedding | None = None
    together: bool = False


DEFAULTS = IndexOptions()
