"""``twinlens tag suggest``: which tags fit photos; stored only when that is asked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from twinlens import api
from twinlens.cli.language import language_of_output
from twinlens.cli.open_collection import complete_change
from twinlens.cli.options.common import Existing, Language
from twinlens.cli.options.filters import FilterValues, check_filters, with_filters
from twinlens.cli.options.suggest import Accept, Labels, MinGrade, MostTags, Photos, WriteXmp
from twinlens.cli.outcome import FOUND, NOTHING_FOUND, AsJson, as_exit_code, logged, print_json, say
from twinlens.cli.progress import texts_bar
from twinlens.counted import counted

if TYPE_CHECKING:
    from twinlens.api.photos.describing import Accepted, PhotoTags

EXAMPLE = "Example: twinlens tag suggest --labels labels.txt --accept strong"


@as_exit_code
@logged
@with_filters
def suggest(
    photos: Photos = None,
    labels: Labels = None,
    min_grade: MinGrade = None,
    k: MostTags = 10,
    accept: Accept = None,
    write_xmp: WriteXmp = False,
    language: Language = None,
    place: Existing = None,
    filters: FilterValues | None = None,
    as_json: AsJson = False,
) -> int:
    """Suggest tags that photos do not have yet: one line each with photo, tag, grade and probability.

    Nothing is stored without --accept, and no photo file is ever changed.
    """
    if write_xmp and accept is None:
        raise typer.BadParameter("--write-xmp writes accepted tags; add --accept strong or --accept likely")
    if language is not None and labels is not None:
        raise typer.BadParameter("labels of a file are stored as they are; leave out --language")
    spoken = language_of_output(language, for_people=not as_json)
    check_filters(filters or {})
    listed = None if labels is None else api.describing.read_labels(labels.expanduser())
    if listed is not None:
        say(f"{listed.note} in {labels}")
    opened = api.library.find_existing(place)
    with opened.collection as collection:
        complete_change(collection)
        what = "reading the list, once for this model" if listed is None else "reading the labels"
        with texts_bar(what) as on_progress:
            suggested = collection.suggest_tags(
                [Path(one) for one in photos] if photos else None,
                labels=None if listed is None else listed.labels,
                min_grade=min_grade or "likely",
                k=k,
                language=spoken,
                on_progress=on_progress,
                **opened.filters(filters or {}),
            )
        kept: list[PhotoTags] = []
        count = sum(_shown(suggested, kept if accept or as_json else None, as_json=as_json))
        accepted = None if accept is None else collection.accept_tags(kept, min_grade=accept)
        if accepted is not None:
            say(_told(accepted))
        files = _write_xmp(collection, accepted) if write_xmp and accepted is not None else None
    if as_json:
        print_json(_json(kept, accepted, files))
    if not count:
        say("no tag is suggested; --min-grade possible shows less sure ones")
    return FOUND if count else NOTHING_FOUND


def _shown(suggested: "Iterator[PhotoTags]", kept: "list[PhotoTags] | None", *, as_json: bool) -> Iterator[int]:
    """Prints suggestions photo by photo; how many each has."""
    for photo in suggested:
        if not photo.tags:
            continue
        if kept is not None:
            kept.append(photo)
        for one in () if as_json else photo.tags:
            name = api.searching.on_one_line(api.searching.as_text(photo.id))
            typer.echo(f"{name}\t{one.tag}\t{one.grade}\t{one.probability:.2f}")
        yield len(photo.tags)


def _told(accepted: "Accepted") -> str:
    if not accepted.photos:
        return "no tag has this grade; nothing was stored"
    given = counted(accepted.given, "tag")
    return f"stored {given} ({accepted.tags:,} different) of {counted(len(accepted.photos), 'photo')}"


def _write_xmp(collection: "api.library.Collection", accepted: "Accepted") -> list[str]:
    """Writes the sidecars; those that are not written are told one by one."""
    written, refused = collection.write_tag_sidecars(accepted.photos)
    for one in refused:
        say(f"not written: {one}")
    say(f"wrote {counted(len(written), 'XMP file')}")
    return [api.searching.as_text(str(file)) for file in written]


def _json(kept: "list[PhotoTags]", accepted: "Accepted | None", files: list[str] | None) -> dict[str, Any]:
    rows = [
        {
            "image_id": photo.id,
            "image_path": api.searching.as_text(str(photo.path)),
            "tags": [
                {"tag": one.tag, "grade": one.grade, "probability": round(one.probability, 4)} for one in photo.tags
            ],
        }
        for photo in kept
    ]
    stored = accepted and {"photos": len(accepted.photos), "tags": accepted.tags, "given": accepted.given}
    return {"num_photos": len(rows), "photos": rows, "accepted": stored, "xmp_files": files}
