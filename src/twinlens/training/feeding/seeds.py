"""Seeds: everything drawn while training is a function of the recipe's seed and of where the run stands.

So a run that is resumed in the middle of an epoch draws what it would have drawn, and no
state of a random generator has to be kept.
"""

import hashlib


def derived(*parts: int | str) -> int:
    """A seed in [0, 2⁶²) for a named purpose; the same parts always give the same one.

    >>> derived(0, "step", 3) == derived(0, "step", 3) != derived(0, "step", 4)
    True
    """
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8]) >> 2
