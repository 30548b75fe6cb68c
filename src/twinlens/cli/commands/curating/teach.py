"""``twinlens teach``: teach a collection a word, or let it learn from captions and feedback."""

from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.commands.curating.feedback import show_said
from twinlens.cli.options.common import Existing
from twinlens.cli.outcome import FOUND, NOTHING_FOUND, OUR_ERROR, AsJson, as_exit_code, logged, print_json, say
from twinlens.counted import counted

EXAMPLE = "Example: twinlens teach Rex rex1.jpg rex2.jpg rex3.jpg rex4.jpg rex5.jpg --in ~/Pictures"


@as_exit_code
@logged
def run(
    word: Annotated[
        str | None, typer.Argument(help="One or more words, such as 'Rex' or 'the cabin'.", show_default=False)
    ] = None,
    photos: Annotated[
        list[str] | None,
        typer.Argument(help="About five photos that show it, by id or path.", show_default=False),
    ] = None,
    bad: Annotated[
        list[str] | None, typer.Option("--not", metavar="PHOTO", help="A photo that looks like it, but is not.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Forget WORD; without one, undo the last lesson.")] = False,
    list_all: Annotated[bool, typer.Option("--list", help="List the words, and the photos of each.")] = False,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Teach the collection a word of your own, or let it learn from all captions and feedback.

    With WORD, the word means from now on, in any query, what the photos show; without PHOTOs it is learnt from the
    photos whose name or caption has it, and from those called good for it. Without WORD, a lesson: the model is
    adapted to your captions and feedback, and the change is kept only if it is better on photos that were held out;
    otherwise the exit code is 1. No photo is read, and the model's own files are not changed.
    """
    if list_all and (word is not None or undo):
        raise typer.BadParameter("--list lists all words; leave out WORD and --undo")
    if undo and (photos or bad):
        raise typer.BadParameter("--undo forgets the whole word; leave out the photos")
    if bad and word is None:
        raise typer.BadParameter("--not is for a WORD; give one")
    with api.library.find_existing(place).collection as collection:
        teaching = collection.teaching
        if list_all:
            return show_said(teaching.said(kind="word"), as_json=as_json)
        if undo:
            return _undo(teaching, word, as_json=as_json)
        if word is None:
            report = teaching.teach()
            if as_json:
                print_json(report.to_json())
            say(report.told())
            return FOUND if report.is_kept else OUR_ERROR
        named = api.teaching.ids_of(collection, photos or [])
        said = teaching.teach_word(word, named or None, bad=api.teaching.ids_of(collection, bad or []))
    if as_json:
        print_json(said.to_json())
    else:
        say(f"“{said.subject}” is what {counted(len(said.good), 'photo shows', 'photos show')}")
    return FOUND


def _undo(teaching: "api.teaching.Teaching", word: str | None, *, as_json: bool) -> int:
    undone = teaching.undo() if word is None else bool(teaching.forget_word(word))
    if as_json:
        print_json({"undone": undone})
    elif word is None:
        say("the last lesson is undone" if undone else "there is no lesson to undo")
    else:
        say(f"“{word}” is forgotten" if undone else f"“{word}” was not taught")
    return FOUND if undone else NOTHING_FOUND
