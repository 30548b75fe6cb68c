"""Font families for text of any script in plots."""

import logging
from functools import cache

from twinlens.data.fonts import faces_with

logger = logging.getLogger(__name__)


@cache
def families_for(text: str) -> list[str]:
    """Matplotlib's own family, and those of this machine for characters that it lacks, in the order to try."""
    from matplotlib import font_manager, rcParams
    from matplotlib.ft2font import FT2Font

    own: list[str] = list(rcParams["font.sans-serif"])[:1]
    has = FT2Font(font_manager.findfont(own[0])).get_charmap()
    left = {letter for letter in text if ord(letter) not in has and not letter.isspace()}
    families = own
    for face, found in faces_with(left) if left else ():
        if face.number or not found & left:  # matplotlib opens the first face of a file
            continue
        try:
            font_manager.fontManager.addfont(face.path)
        except (OSError, RuntimeError) as error:  # colour fonts without outlines
            logger.debug("%s cannot be used in plots: %s", face.path, error)
            continue
        families = [*families, font_manager.FontProperties(fname=face.path).get_name()]
        left -= found
    return families
