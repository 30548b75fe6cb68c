"""What holds of every tower."""

import torch
from torch import Tensor, nn


def check_blocks(tower: nn.Module, *, leave_out: nn.Module | None = None) -> None:
    """The blocks hold each of the tower's parameters once."""
    held = [parameter for block in tower.blocks() for parameter in block.parameters()]
    assert len({id(parameter) for parameter in held}) == len(held)
    left = {id(parameter) for parameter in leave_out.parameters()} if leave_out is not None else set()
    assert {id(parameter) for parameter in held} | left == {id(parameter) for parameter in tower.parameters()}


def check_last_block_learns(tower: nn.Module, *inputs: Tensor) -> None:
    """One step on the last block alone changes it, and changes nothing else."""
    tower.requires_grad_(False)
    last = tower.blocks()[-1].requires_grad_(True)
    before = {name: value.clone() for name, value in tower.named_parameters()}
    own = {name for name, value in tower.named_parameters() if value.requires_grad}
    draw = torch.Generator().manual_seed(3)
    features = tower(*inputs)
    optimizer = torch.optim.SGD(last.parameters(), lr=1.0)
    (features * torch.randn(features.shape, generator=draw)).sum().backward()
    optimizer.step()
    changed = {name for name, value in tower.named_parameters() if not torch.equal(value, before[name])}
    assert changed
    assert changed <= own


def pixels(batch: int, side: int) -> Tensor:
    return torch.rand(batch, 3, side, side, generator=torch.Generator().manual_seed(batch))


def token_batch(batch: int, length: int, *, words: int, pad: int = 0) -> tuple[Tensor, Tensor]:
    """Ids and mask of texts of many lengths; padding follows each text."""
    draw = torch.Generator().manual_seed(100 * batch + length)
    ids = torch.randint(2, words, (batch, length), generator=draw)
    lengths = torch.randint(1, length + 1, (batch, 1), generator=draw)
    mask = (torch.arange(length) < lengths).long()
    return torch.where(mask == 1, ids, pad), mask
