"""The calibration of a collection's model, kept open: it judges what a query found."""

from collections.abc import Callable
from typing import TypeAlias

from twinlens.collection.searching.query import Query
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.relevance_file import open_relevance
from twinlens.protocols import DualEncoder
from twinlens.relevance.judge import Judgement, Relevance
from twinlens.relevance.maps import Kind
from twinlens.types import Embeddings

Judge: TypeAlias = Callable[[float, int], Judgement | None]
"""The best hit's score and the number of candidates → what is to be said of the answer."""


class OpenCalibration:
    """Reads the calibration of a model on its first query, and keeps it while the model stays."""

    def __init__(self) -> None:
        self._known: tuple[str, Relevance | None] | None = None

    def judge(self, query: Query, vector: Embeddings, encoder: DualEncoder | None) -> Judge | None:
        """Judges the answers to a query with the vector [D]; None where nothing is known of such answers.

        Args:
            query: of words alone or of photos alone. A sum of both has scores between those of the
                two, and neither map fits them.
            vector: its embedding.
            encoder: the very model that made the collection's vectors; None where that is gone.
        """
        if not isinstance(encoder, OnnxDualEncoder) or (relevance := self._open(encoder)) is None:
            return None  # a calibration is part of a bundle
        kinds = {term.kind for term in query.terms}
        if len(kinds) > 1:
            return None
        kind: Kind = "text" if kinds == {"words"} else "photo"
        return lambda best, candidates: relevance.judge(vector, kind, best=best, num_candidates=candidates)

    def _open(self, encoder: OnnxDualEncoder) -> Relevance | None:
        known = self._known
        if known is None or known[0] != encoder.fingerprint:
            known = self._known = (encoder.fingerprint, open_relevance(encoder.bundle))
        return known[1]
