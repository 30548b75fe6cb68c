"""Read the answer of a server to a search."""

from pathlib import Path
from typing import Any

from twinlens.api.searching import Answer, Contribution, Effect, Explanation, HitReasons, Search, Target, Wording
from twinlens.types import Hit


def read_answer(search: Search, answer: dict[str, Any]) -> Answer:
    """The answer to a search from its JSON; what a server of an older release does not tell is left out.

    Raises:
        KeyError, TypeError, ValueError: it has an unknown format.
    """
    return Answer(
        search,
        hits=[_hit(result, search.target) for result in answer["results"]],
        num_candidates=int(answer["num_candidates"]),
        matched=None if answer["num_matches"] is None else int(answer["num_matches"]),
        model=str(answer["model"]),
        took_ms=float(answer["took_ms"]),
        query_read=answer.get("query_read"),
        absent_folders={_start_of_ids(name, answer): str(name) for name in answer.get("missing_folders", [])},
        num_undated=answer.get("num_undated"),
        num_file_dated=answer.get("num_file_dated"),
        num_left_out=answer.get("num_left_out"),
        wording=_wording(answer),
        grades=answer.get("grades"),
        ungraded=answer.get("ungraded"),
        num_entries=answer.get("num_entries"),
        space=answer.get("space", "shared"),
        explanation=None if answer.get("explanation") is None else _explanation(answer["explanation"]),
        source=answer.get("source", "library"),
        language=answer.get("language"),
    )


def _wording(answer: dict[str, Any]) -> Wording:
    return Wording(
        answer.get("read_as"),
        tuple(answer.get("unknown_words", ())),
        answer.get("did_you_mean"),
        bool(answer.get("no_word_known")),
        tuple(answer.get("notes", ())),
    )


def _explanation(told: dict[str, Any]) -> Explanation:
    hits = (
        HitReasons(**{**one, "contributions": tuple(Contribution(**part) for part in one["contributions"])})
        for one in told["hits"]
    )
    conditions, without = (tuple(Effect(**one) for one in told[name]) for name in ("conditions", "without"))
    return Explanation(conditions, without, tuple(hits))


def _hit(result: dict[str, Any], target: Target) -> Hit:
    chance, relevant = result["probability"], result["relevant"]
    return Hit(
        rank=int(result["rank"]),
        id=str(result["image_id"] or ""),
        path=Path(str(result["image_path"] or "")),
        score=float(result["score"]),
        probability=None if chance is None else float(chance),
        caption=result.get("caption") if target == "caption" else None,
        own_caption=result.get("caption") if target == "image" else None,
        place=result.get("place"),
        relevant=None if relevant is None else bool(relevant),
        width=result.get("width"),
        height=result.get("height"),
        taken_at=result.get("taken_at"),
        is_favourite=bool(result.get("is_favourite")),
        date_source=result.get("date_source"),
        is_missing=bool(result.get("missing")),
        grade=result.get("grade"),
        alike=tuple(str(one) for one in result.get("alike", ())),
        num_alike=int(result.get("num_alike", 0)),
        alike_kinds=tuple(str(one) for one in result.get("alike_kinds", ())),
        found_by=tuple(str(one) for one in result.get("found_by", ())),
        rating=result.get("rating"),
        tags=tuple(str(one) for one in result.get("tags", ())),
    )


def _start_of_ids(folder: str, answer: dict[str, Any]) -> str:
    """How the ids of a folder's photos begin: not with its name if the library has no other folder."""
    start = f"{folder}/"
    return start if any(str(result["image_id"]).startswith(start) for result in answer["results"]) else ""
