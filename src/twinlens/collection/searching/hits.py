"""Hits: ranked photos as a search gives them."""

from collections.abc import Sequence

from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.collection.searching.ranking import RankedPhoto
from twinlens.protocols import Judgement
from twinlens.types import Hit


def as_hits(
    ranked: Sequence[RankedPhoto], judgement: Judgement | None, folders: Sequence[PhotoFolder], *, first_rank: int
) -> list[Hit]:
    """Ranked photos with ids, paths and what the model says of them.

    Args:
        ranked: in the order in which they are shown.
        judgement: on the answer; None where the model cannot tell.
        folders: all of the collection.
        first_rank: of the first of them.
    """
    scores = [one.score for one in ranked]
    unknown = [None] * len(ranked)
    probabilities = unknown if judgement is None else judgement.probability(scores).tolist()
    relevant = unknown if judgement is None else judgement.relevant(scores).tolist()
    places = {folder.id: folder for folder in folders}
    hits = []
    for place, (record, score) in enumerate(ranked):
        folder = places[record.folder_id]
        hits.append(
            Hit(
                rank=first_rank + place,
                id=folder.prefix + record.path,
                path=folder.path / record.path,
                score=score,
                probability=probabilities[place],
                caption=record.caption,
                relevant=relevant[place],
                width=record.width,
                height=record.height,
                taken_at=record.taken_at,
                is_favourite=bool(record.is_favourite),
            )
        )
    return hits
