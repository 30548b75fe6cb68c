"""Give kept captions, favourites, tags and ratings back to photos whose content has returned."""

from itertools import islice

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.indexing.captions import BATCH_SIZE
from twinlens.embedding.local import check_unit_rows
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings


def give_back(catalog: Catalog, encoder: DualEncoder | None, *, since: int | None = None) -> int:
    """Gives back what was kept, to all photos of its content; each batch is one transaction.

    Captions are embedded again: the collection's model may have changed since they were kept.

    Args:
        catalog: up to date with the folders; the caller holds the indexing lock.
        encoder: the collection's model; without it, captions stay kept until a later run.
        since: only to photos that were written after this generation; None = to all.

    Returns:
        how many photos got something that they did not have.
    """
    gained: set[int] = set()
    waiting = iter([kept for kept in catalog.kept.returned(since=since) if encoder is not None or not kept.is_embedded])
    while batch := list(islice(waiting, BATCH_SIZE)):
        embeddings = _embedded(sorted({kept.value for kept in batch if kept.is_embedded}), encoder)
        with catalog.writing() as writer:
            for kept in batch:
                gained.update(writer.give_back(kept, embeddings[kept.value] if kept.is_embedded else None))
    return len(gained)


def _embedded(texts: list[str], encoder: DualEncoder | None) -> dict[str, Embeddings]:
    if not texts or encoder is None:
        return {}
    embeddings = encoder.encode_text(texts)
    check_unit_rows(embeddings, count=len(texts), dim=encoder.dim)
    return dict(zip(texts, embeddings, strict=True))
