"""What may be absent in general, and is there in the tests that ask for it."""

from __future__ import annotations

from typing import TypeVar

from torch import Tensor

from icl_core.prompts import LinearTask, TaskTruth

Value = TypeVar("Value")


def known(value: Value | None) -> Value:
    """The value, which must be there."""
    assert value is not None
    return value


def weights_of(task: TaskTruth | None) -> Tensor:
    """The true weights (B, d) of tasks that must be linear."""
    assert isinstance(task, LinearTask)
    return task.weights
