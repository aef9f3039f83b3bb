"""What can be wrong from outside, as one sentence that a user can act on. Anything else is a defect."""

from __future__ import annotations


class CheckpointError(Exception):
    """The checkpoint cannot be converted: not one, broken, unsafe, or of another network.

    `suggestion` is the next step, where it is another one than for most checkpoints.
    """

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


class SizeError(Exception):
    """The network cannot take images of that size, or of any shape. `suggestion` is the next step, if there is one."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


class PrecisionError(Exception):
    """The network cannot be had in that precision."""


class OwnNetworkError(Exception):
    """The code that `--arch` names fails, or gives another thing than a network with the outputs of one."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion
