"""Which rows of a batch show the same photo: a photo's other captions are no wrong answers."""

from torch import Tensor


def same_photo(photo_ids: Tensor) -> Tensor:
    """[B, B] bool, true where row and column share a photo; each row does so with itself.

    >>> import torch
    >>> same_photo(torch.tensor([7, 8, 7])).int().tolist()
    [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    """
    return photo_ids[:, None] == photo_ids[None, :]


def other_pairs_of_photo(photo_ids: Tensor) -> Tensor:
    """[B, B] bool, true where row and column are different pairs of one photo.

    >>> import torch
    >>> other_pairs_of_photo(torch.tensor([7, 8, 7])).int().tolist()
    [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    """
    return same_photo(photo_ids).fill_diagonal_(False)
