"""Names of edited copies: what programs write behind the name of the original, in many languages."""

import re

EDITED_WORDS = (
    "edited|edit(?:ad[ao])?|bearbeitet|modifi[ée]|modificat[oa]|bewerkt|redigerad|redigere?t|edytowan[ey]|upraven[oé]|"
    "muokattu|düzenlendi|изменено|відредаговано|編集済み|已修改|已編輯|已编辑|수정됨|ha editado|editat|"
    "szerkesztve|diedit|đã chỉnh sửa|επεξεργασμένο"
)
"""A pattern of the words, for small letters in one Unicode form."""
CUT_NAMES = range(40, 52)  # characters that Google Takeout cuts names to; 46 or 47 in most exports
_EDITED = re.compile(rf"(.+)[-_](?:{EDITED_WORDS})(\(\d{{1,4}}\))?", re.IGNORECASE)
_CUT_EDITED = re.compile(r"(.{36,})-(?:e(?:d(?:i(?:te?)?)?)?)?")  # "-edited" at the end of a name that Google has cut


def unedited(stem: str) -> str:
    """The name before "-edited"; a number behind it belongs to the name.

    >>> unedited("beach-edited(1)"), unedited("beach")
    ('beach(1)', 'beach')
    """
    found = _EDITED.fullmatch(stem)
    return found[1] + (found[2] or "") if found else stem


def cut_unedited(stem: str) -> str:
    """The name before what is left of "-edited" in a name that was cut.

    >>> cut_unedited("a_very_long_name_of_a_photo_from_a_holiday-edi")
    'a_very_long_name_of_a_photo_from_a_holiday'
    """
    found = _CUT_EDITED.fullmatch(stem) if len(stem) in CUT_NAMES else None
    return found[1] if found else stem
