"""The language in which the built-in lists speak to the user of a command."""

from typing import TYPE_CHECKING

from twinlens import api

if TYPE_CHECKING:
    from twinlens.api.photos.describing import Language


def language_of_output(asked: str | None, *, for_people: bool) -> "Language":
    """The language that was asked for, else that of the user's system; English for programs.

    Raises:
        QueryError: the lists lack the language.
    """
    if asked is not None:
        return api.describing.language_named(asked)
    return api.describing.language_of_environment() if for_people else api.describing.ENGLISH
