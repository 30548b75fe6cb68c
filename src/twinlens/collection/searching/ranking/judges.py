"""What scores mean: judged by the model's calibration or, where that has none, by the library's background."""

import logging

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.collection.searching.ranking.background import Background
from twinlens.collection.searching.ranking.spaces import ModelChangedError, QueryModel, SearchSpace, Spaces
from twinlens.collection.searching.search import Search
from twinlens.collection.teaching.taught import Taught
from twinlens.protocols import Judgement, VectorStore
from twinlens.types import Embeddings, QueryKind

logger = logging.getLogger(__name__)


class Judges:
    """Gives each query its judge; may be shared between threads.

    Args:
        catalog: the source of truth.
        model: the model of its vectors.
        spaces: of the collection.
        taught: what people have taught it.
        writable: whether what is computed may be kept in the collection folder.
    """

    def __init__(self, catalog: Catalog, model: QueryModel, spaces: Spaces, taught: Taught, *, writable: bool) -> None:
        self._catalog, self._model, self._spaces, self._taught = catalog, model, spaces, taught
        self._background = Background(catalog, writable=writable)

    def judgement(self, search: Search, space: SearchSpace) -> Judgement | None:
        """By the model's calibration or, where that has nothing for this kind of query, by the library's background."""
        kind = search.query.kind()
        assert kind is not None, "a sum of words and photos is not judged"
        model, vector = space.model, space.shared_vector
        if (own := self._taught.judgement(search.query, vector, model)) is not None:
            return own
        return self._judgement_of(vector, kind, space.shared_store, model)

    def judgements(self, texts: Embeddings) -> list[Judgement | None]:
        """What the scores of texts [T, D] with photos mean, the same as in a search for each.

        Raises:
            CollectionNotFoundError: nothing is indexed yet.
        """
        while True:
            store, model = self._spaces.photos()
            try:
                return [self._judgement_of(text, "text", store, model) for text in texts]
            except ModelChangedError:
                logger.debug("the model of %s has changed, texts are judged anew", self._catalog.path.parent)

    def _judgement_of(
        self, vector: Embeddings, kind: QueryKind, store: VectorStore, model: ModelRecord
    ) -> Judgement | None:
        embedder = self._model.embedder_of(model)
        calibrated = embedder.relevance() if embedder else None
        judgement = calibrated.judge(vector, kind) if calibrated else None
        if judgement is not None:
            return judgement
        if (
            background := self._background.judge(store, model, lambda: embedder or self._model.encoder_of(model))
        ) is None:
            raise ModelChangedError
        return background.judge(vector, kind)
