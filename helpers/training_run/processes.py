"""What processes do that train one network together, as `torchrun` starts them.

For a process that is alone each function here does nothing, and costs nothing.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import distributed

from .. import LabError

Result = TypeVar("Result")


@contextmanager
def together() -> Iterator[torch.device]:
    """The device to train on, a GPU of its own or the processor; inside, `torchrun` is obeyed.

    Processes talk by NCCL where there are GPUs, else by gloo. Raises LabError for more processes
    than GPUs.
    """
    device = torch.device("cpu")
    if torch.cuda.is_available():
        place, gpus = int(os.environ.get("LOCAL_RANK", 0)), torch.cuda.device_count()
        if place >= gpus:
            raise LabError(f"There are more processes than GPUs: --nproc-per-node {gpus}.")
        device = torch.device("cuda", place)
        torch.cuda.set_device(device)
    if not distributed.is_torchelastic_launched():
        yield device
        return
    backend = "nccl" if device.type == "cuda" else "gloo"
    store, number, count = next(distributed.rendezvous("env://"))
    # A page for each attempt: the addresses of those who died may still stand on the last one.
    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    page = distributed.PrefixStore(f"attempt {attempt}", store)
    distributed.init_process_group(backend, store=page, rank=number, world_size=count)
    try:
        yield device
    finally:
        distributed.destroy_process_group()


def count_processes() -> int:
    return distributed.get_world_size() if distributed.is_initialized() else 1


def process_number() -> int:
    """0 for the first process, which writes and speaks for all of them, and for one alone."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def from_first(make: Callable[[], Result]) -> Result:
    """What `make` gives in the first process, in all of them; its LabError is raised in all."""
    if count_processes() == 1:
        return make()
    box: list = [None, None]
    if process_number() == 0:
        try:
            box[0] = make()
        except LabError as error:
            box[1] = str(error)
    distributed.broadcast_object_list(box)
    if box[1]:
        raise LabError(box[1])
    return box[0]


def check_shares(batch_size: int) -> int:
    """The batch size, if it has an equal share for each process; else LabError."""
    if batch_size % (n := count_processes()):
        raise LabError(f"batch_size must be a multiple of the {n} processes, not {batch_size}.")
    return batch_size


def own_share(batch: torch.Tensor) -> torch.Tensor:
    """This process's part of a batch, (batch_size,) → (batch_size / processes,)."""
    return batch.chunk(count_processes())[process_number()]


def of_all(values: torch.Tensor) -> torch.Tensor:
    """The values of all processes, those of the first one first, as `own_share` cut them."""
    if (n := count_processes()) == 1:
        return values
    parts = [torch.empty_like(values) for _ in range(n)]
    distributed.all_gather(parts, values.contiguous())
    return torch.cat(parts)


def in_step(model: torch.nn.Module) -> torch.nn.Module:
    """The same network, whose gradients are then the mean of all processes' (Li et al., 2020)."""
    if count_processes() == 1:
        return model
    return torch.nn.parallel.DistributedDataParallel(model)


def own_chance() -> None:
    """From here on each process draws other random numbers, after those that all drew alike."""
    if number := process_number():
        torch.manual_seed(torch.initial_seed() + 1_000_003 * number)
