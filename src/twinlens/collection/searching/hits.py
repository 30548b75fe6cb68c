"""Hits: ranked photos with ids, paths and grades, marked if their files are gone."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace

from twinlens.collection.catalog.rows import PhotoRecord
from twinlens.collection.catalog.texts.briefs import NOTHING_SAID, Brief
from twinlens.collection.likeness.stacks import NO_STACKS, Stacks
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.collection.place.presence import gone_files, is_absent
from twinlens.collection.searching.ranking.ranked import RankedPhoto
from twinlens.protocols import Judgement
from twinlens.types import Hit

NEAR = "near"  # kind of a near copy
MOST_ALIKE = 100  # near copies that a hit lists


def as_hits(
    ranked: Sequence[RankedPhoto],
    judgement: Judgement | None,
    folders: Sequence[PhotoFolder],
    *,
    first_rank: int,
    evidence: Sequence[float] | None = None,
    copies: Mapping[int, PhotoRecord] | None = None,
    stacks: Stacks = NO_STACKS,
    is_meant: Container[int] | None = None,
    written: Callable[[int], tuple[str, ...]] = lambda _: (),
    ratings: Mapping[int, int] | None = None,
    tags: Mapping[int, Sequence[str]] | None = None,
    best_ms: Mapping[int, int] | None = None,
    said: Mapping[int, Brief] | None = None,
) -> list[Hit]:
    """Converts ranked photos to hits.

    Args:
        ranked: in the order to show.
        judgement: gives probability and grade; None if these hits have none.
        folders: all folders of the collection.
        first_rank: rank of the first one.
        evidence: what is judged of each, where that is not its score.
        copies: the records of near copies that are listed, by id.
        stacks: tells which of them are near copies, and which are in one stack with their hit.
        is_meant: ids of those that were found by meaning; None if these are all that have a grade.
        written: gives the fields with the words of the query, by photo id.
        ratings: of those that have one, by photo id.
        tags: of those that have any, by photo id.
        best_ms: when videos are most like the query, by photo id.
        said: captions and places of those of which they are known, by photo id.
    """
    judged = [one.score for one in ranked] if evidence is None else evidence
    unknown = [None] * len(ranked)
    probabilities = unknown if judgement is None else judgement.probability(judged).tolist()
    grades = unknown if judgement is None else judgement.grades(judged)
    places = {folder.id: folder for folder in folders}
    hits = []
    for place, (record, score, alike, _) in enumerate(ranked):
        listed = [copies[one] for one in alike[:MOST_ALIKE].tolist() if one in copies] if copies else []
        folder = places[record.folder_id]
        brief = (said or {}).get(record.id, NOTHING_SAID)
        by_meaning = grades[place] is not None and (is_meant is None or record.id in is_meant)
        hits.append(
            Hit(
                rank=first_rank + place,
                id=folder.prefix + record.path,
                path=folder.file(record.path),
                score=score,
                probability=probabilities[place],
                caption=record.caption,
                relevant=None if judgement is None else grades[place] is not None,
                found_by=(*(("meaning",) if by_meaning else ()), *dict.fromkeys(written(record.id))),
                grade=grades[place],
                width=record.width,
                height=record.height,
                taken_at=record.taken_at,
                date_source=record.date_source,
                is_favourite=bool(record.is_favourite),
                alike=tuple(places[one.folder_id].prefix + one.path for one in listed),
                num_alike=len(alike),
                alike_kinds=tuple(kind or NEAR for kind in stacks.kinds_of(record.id, (one.id for one in listed))),
                rating=(ratings or {}).get(record.id),
                tags=tuple((tags or {}).get(record.id, ())),
                duration_s=seconds(record.duration_ms or None),
                at_s=seconds((best_ms or {}).get(record.id)),
                own_caption=brief.caption,
                place=brief.place,
            )
        )
    return hits


def seconds(milliseconds: int | None) -> float | None:
    """As hits have them."""
    return None if milliseconds is None else milliseconds / 1000


def as_bad(hit: Hit) -> Hit:
    """A hit that was called wrong for the query: it does not match, whatever its score."""
    return replace(hit, probability=None if hit.probability is None else 0.0, grade=None, relevant=False, found_by=())


def mark_missing(hits: Sequence[Hit], folders: Sequence[PhotoFolder]) -> tuple[list[Hit], dict[str, str]]:
    """Marks the hits whose files are gone.

    Returns:
        The hits, and the photo folders of marked ones that are missing or empty: how ids begin there, and the path.
    """
    gone = gone_files([hit.path for hit in hits])
    homes = [folder for folder in folders if any(file.is_relative_to(folder.path) for file in gone)]
    absent = {folder.prefix: str(folder.path) for folder in homes if is_absent(folder.path)}
    return [replace(hit, is_missing=True) if hit.path in gone else hit for hit in hits], absent
