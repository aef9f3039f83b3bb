"""What can be wrong from outside, as one sentence that a user can act on. Anything else is a defect."""


class CheckpointError(Exception):
    """The checkpoint cannot be converted: not one, broken, unsafe, or of another network."""


class SizeError(Exception):
    """The network cannot take images of that size."""
