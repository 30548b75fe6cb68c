"""Seeds: all random choices in training depend only on the recipe's seed and the position in the run.

So a run that is resumed in the middle of an epoch continues as if it had not been interrupted,
and no state of a random generator has to be saved.
"""

import hashlib


def derived_seed(*parts: int | str) -> int:
    """A seed in [0, 2⁶²) for a named purpose; the same parts always give the same seed.

    >>> derived_seed(0, "step", 3) == derived_seed(0, "step", 3) != derived_seed(0, "step", 4)
    True
    """
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8]) >> 2
