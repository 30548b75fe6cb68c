"""Hits: ranked photos with ids, paths and grades, marked if their files are gone."""

from collections.abc import Sequence
from dataclasses import replace

from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.collection.place.presence import gone_files, is_absent
from twinlens.collection.searching.ranking import RankedPhoto
from twinlens.protocols import Judgement
from twinlens.types import Hit


def as_hits(
    ranked: Sequence[RankedPhoto], judgement: Judgement | None, folders: Sequence[PhotoFolder], *, first_rank: int
) -> list[Hit]:
    """Converts ranked photos to hits.

    Args:
        ranked: in the order to show.
        judgement: gives probability and grade; None if these hits have none.
        folders: all folders of the collection.
        first_rank: rank of the first one.
    """
    scores = [one.score for one in ranked]
    unknown = [None] * len(ranked)
    probabilities = unknown if judgement is None else judgement.probability(scores).tolist()
    grades = unknown if judgement is None else judgement.grades(scores)
    places = {folder.id: folder for folder in folders}
    hits = []
    for place, (record, score) in enumerate(ranked):
        folder = places[record.folder_id]
        hits.append(
            Hit(
                rank=first_rank + place,
                id=folder.prefix + record.path,
                path=folder.file(record.path),
                score=score,
                probability=probabilities[place],
                caption=record.caption,
                relevant=None if judgement is None else grades[place] is not None,
                grade=grades[place],
                width=record.width,
                height=record.height,
                taken_at=record.taken_at,
                date_source=record.date_source,
                is_favourite=bool(record.is_favourite),
            )
        )
    return hits


def mark_missing(hits: Sequence[Hit], folders: Sequence[PhotoFolder]) -> tuple[list[Hit], dict[str, str]]:
    """Marks the hits whose files are gone.

    Returns:
        The hits, and the photo folders of marked ones that are missing or empty: how ids begin there, and the path.
    """
    gone = gone_files([hit.path for hit in hits])
    homes = [folder for folder in folders if any(file.is_relative_to(folder.path) for file in gone)]
    absent = {folder.prefix: str(folder.path) for folder in homes if is_absent(folder.path)}
    return [replace(hit, is_missing=True) if hit.path in gone else hit for hit in hits], absent
