"""Masks for rows of a batch with the same photo, whose captions are not negatives of each other."""

from torch import Tensor


def same_photo(photo_ids: Tensor) -> Tensor:
    """[B, B] bool, true where row and column have the same photo, including the diagonal.

    >>> import torch
    >>> same_photo(torch.tensor([7, 8, 7])).int().tolist()
    [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    """
    return photo_ids[:, None] == photo_ids[None, :]


def other_pairs_of_photo(photo_ids: Tensor) -> Tensor:
    """[B, B] bool, true where row and column are different pairs with the same photo.

    >>> import torch
    >>> other_pairs_of_photo(torch.tensor([7, 8, 7])).int().tolist()
    [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    """
    return same_photo(photo_ids).fill_diagonal_(False)
