"""Distributed training: each process computes a share of every batch, and all take the same step.

Started with ``torchrun``; a single process needs none of it. Features are gathered with their
gradients, so heads and loss see the whole batch whatever the number of processes.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor

Value = TypeVar("Value")
TIMEOUT = timedelta(hours=12)  # the others wait while the main process computes features of all photos


class Processes:
    """The processes of a run.

    Attributes:
        rank: of this process; 0 is the main one, which writes files.
        count: number of processes.
    """

    def __init__(self, device: torch.device) -> None:
        self.count, self.rank, self.device = int(os.environ.get("WORLD_SIZE", "1")), 0, device
        self._state: Any = None
        if self.count > 1:
            from accelerate import PartialState

            self._state = PartialState(cpu=device.type == "cpu", timeout=TIMEOUT)
            self.rank, self.count = self._state.process_index, self._state.num_processes
            self.device = self._state.device

    @property
    def is_main(self) -> bool:
        """Whether this is the main process, which writes files and reports progress."""
        return self.rank == 0

    def gather(self, rows: Tensor, counts: Sequence[int]) -> Tensor:
        """The rows of all processes in order of rank; gradients flow back to the process that rows came from.

        Args:
            rows: [counts[rank], F].
            counts: number of rows of each process.
        """
        if self.count == 1:
            return rows
        from torch.distributed.nn.functional import all_gather

        filler = rows.new_zeros(max(counts) - len(rows), *rows.shape[1:])
        parts = all_gather(torch.cat([rows, filler]))  # type: ignore[no-untyped-call]
        return torch.cat([part[:count] for part, count in zip(parts, counts, strict=True)])

    def average_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Averages gradients over processes, in one message.

        Every process computes the loss of the whole batch, and the backward pass of ``gather`` sums
        over processes, so the mean is the gradient of a single process with the whole batch.
        """
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if self.count == 1 or not gradients:
            return
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        torch.distributed.all_reduce(flat)
        flat /= self.count
        for gradient, mean in zip(
            gradients, torch.split(flat, [gradient.numel() for gradient in gradients]), strict=True
        ):
            gradient.copy_(mean.view_as(gradient))

    def broadcast(self, value: Value) -> Value:
        """The main process's value, in all processes."""
        if self.count == 1:
            return value
        from accelerate.utils import broadcast_object_list

        box = [value]
        broadcast_object_list(box, from_process=0)
        return box[0]

    @contextmanager
    def main_process_first(self) -> Iterator[None]:
        """The main process runs the block before the others, which then find the results in the cache."""
        if self._state is None:
            yield
            return
        with self._state.main_process_first():
            yield

    def close(self, *, wait: bool) -> None:
        """Closes the process group.

        Args:
            wait: for the other processes; false after an error, when they may never arrive here.
        """
        if self._state is not None:
            if wait:
                self._state.wait_for_everyone()
            self._state.destroy_process_group()
