"""A network of one's own: `--arch FILE.py:NAME` names the code that builds it. That code runs.

NAME is called without arguments, or with the checkpoint's `config` where it asks for one, and gives a `torch.nn.Module`
that takes normalised images (B, 3, H, W). Its forward gives score logits (B,) or (B, 1) and mask logits (B, 1, H, W),
as a pair; or the mask's logits alone, of which the largest is the score. What goes wrong in it is told with its line.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ofx.errors import OwnNetworkError
from ofx.networks import Architecture

EXPECTED = (
    "expected is (score, mask), logits of shape (1,) and (1, 1, {height}, {width}) for an image (1, 3, {height}, "
    "{width}), or that mask alone"
)


class OwnNetwork:
    """What `--arch` names.

    Args:
        spec: `FILE.py:NAME`.

    Raises:
        OwnNetworkError: there is no such thing, or its code fails.
    """

    def __init__(self, spec: str) -> None:
        file, _, self.callable = spec.rpartition(":")
        self.file = Path(file).resolve()
        self.name = f"{self.file.name}:{self.callable}"
        self.architecture = Architecture(build=lambda _config: self._built(), takes_free_shapes=True)
        self._make = self._import()
        self._network: nn.Module | None = None

    def build(self, content: Mapping[Any, Any]) -> nn.Module:
        """The network, without the weights of the file; always the same one."""
        if self._network is None:
            with self.told("building the network"):
                network = self._make(*self._arguments(content))
            if not isinstance(network, nn.Module):
                raise OwnNetworkError(
                    f"{self.name} gives {_kind(network)}, not a torch.nn.Module.",
                    f"Let {self.callable} return the network, for example: return Net()",
                )
            # Parameters that were learnt with others may lie in other precisions; all is exported in float32.
            self._network = network.float().eval()
        return self._network

    def deploy(self, network: nn.Module) -> nn.Module:
        """The same with the outputs that ofx expects, once it has shown that it has them."""
        return Deployable(network, self)

    @contextmanager
    def told(self, doing: str) -> Iterator[None]:
        """Tells what fails in the code, with its place in it."""
        try:
            yield
        except OwnNetworkError:
            raise
        except (Exception, SystemExit) as error:
            reason = str(error).strip().split("\n")[0].rstrip(".")
            said = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
            suggestion = None
            if isinstance(error, ModuleNotFoundError):
                suggestion = f"Install what it imports where the other packages are: {sys.executable}"
            raise OwnNetworkError(f"{self._place(error)}, {doing}: {said}.", suggestion) from error

    def _place(self, error: BaseException) -> str:
        if isinstance(error, SyntaxError) and error.filename is not None:
            return f"{Path(error.filename).name}, line {error.lineno}"
        frames = traceback.extract_tb(error.__traceback__)
        # The innermost line that is theirs: of the file, or of what lies beside it.
        theirs = [frame for frame in frames if Path(frame.filename).is_relative_to(self.file.parent)]
        own = [frame for frame in theirs if "site-packages" not in frame.filename and not _is_ours(frame.filename)]
        return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else self.name

    def _import(self) -> Callable[..., Any]:
        spec = importlib.util.spec_from_file_location(f"ofx_own_{self.file.stem}", self.file)
        if spec is None or spec.loader is None or not self.file.is_file():
            raise OwnNetworkError(f"{self.file.name} is not a Python file.", "Name it so: --arch net.py:build")
        module = importlib.util.module_from_spec(spec)
        # As Python does for a script: it finds its neighbours, and dataclasses find their module.
        sys.path.insert(0, str(self.file.parent))
        sys.modules[spec.name] = module
        with self.told("importing it"):
            spec.loader.exec_module(module)
        made: Callable[..., Any] | None = getattr(module, self.callable, None)
        if not callable(made):
            names = [
                name
                for name, value in vars(module).items()
                if callable(value) and getattr(value, "__module__", None) == spec.name
            ]
            there = f"there is {', '.join(names)}" if names else "nothing in it can be called"
            raise OwnNetworkError(f"{self.file.name} has no callable `{self.callable}`; {there}.")
        return made

    def _arguments(self, content: Mapping[Any, Any]) -> list[Any]:
        needed = [
            parameter
            for parameter in inspect.signature(self._make).parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
        if not needed:
            return []
        config = next((content[key] for key in ("config", "cfg") if isinstance(content.get(key), Mapping)), None)
        if len(needed) > 1 or needed[0].kind is inspect.Parameter.KEYWORD_ONLY:
            raise OwnNetworkError(
                f"{self.name} needs {len(needed)} arguments; it is called with the checkpoint's `config` or with none.",
                "Name a function that needs none and returns the network.",
            )
        if config is None:
            raise OwnNetworkError(
                f"{self.name} needs an argument, and the checkpoint has no `config` to give.",
                "Name a function that needs none and returns the network.",
            )
        return [config]

    def _built(self) -> nn.Module:
        if self._network is None:
            raise RuntimeError("build was not called")
        return self._network


class Deployable(nn.Module):
    """Somebody's network with the outputs that ofx expects: score logits (B,), mask logits (B, 1, H, W)."""

    def __init__(self, network: nn.Module, own: OwnNetwork) -> None:
        super().__init__()
        self.network = network
        self.own = own

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        own, height, width = self.own, *images.shape[2:]
        with own.told(f"with an image (1, 3, {int(height)}, {int(width)})"):
            outputs = self.network(images)
        score, mask = self._pair(outputs, images)
        return score, mask

    def __deepcopy__(self, memo: dict[int, Any]) -> Deployable:
        with self.own.told("copying the network"):
            return Deployable(deepcopy(self.network, memo), self.own).eval()

    def _pair(self, outputs: Any, images: Tensor) -> tuple[Tensor, Tensor]:
        batch, _, height, width = (int(side) for side in images.shape)
        own = self.own

        def wrong(what: str) -> OwnNetworkError:
            expected = EXPECTED.format(height=height, width=width)
            return OwnNetworkError(
                f"{own.name} gives {what}; {expected}.",
                "Wrap it in a module whose forward returns these two, and name that one.",
            )

        if isinstance(outputs, Tensor):
            score, mask = None, outputs
        elif isinstance(outputs, tuple | list) and len(outputs) == 2 and all(isinstance(x, Tensor) for x in outputs):
            score, mask = outputs
        else:
            raise wrong(_kind(outputs))
        if tuple(map(int, mask.shape)) != (batch, 1, height, width):
            raise wrong(f"a mask {_shape(mask)}")
        if score is None:
            return mask.amax(dim=(1, 2, 3)), mask
        if tuple(map(int, score.shape)) not in ((batch,), (batch, 1)):
            raise wrong(f"a score {_shape(score)}")
        if not (score.is_floating_point() and mask.is_floating_point()):
            raise wrong(f"{_kind(outputs)} of {score.dtype} and {mask.dtype}")
        return score.reshape(batch), mask


@torch.inference_mode()
def check_logits(network: nn.Module, side: int) -> None:
    """Raise OwnNetworkError where a mask looks like probabilities: they would go through the sigmoid twice."""
    if not isinstance(network, Deployable):
        return
    generator = torch.Generator().manual_seed(0)
    _, mask = network(torch.randn(1, 3, side, side, generator=generator))
    if bool(((mask >= 0) & (mask <= 1)).all()):
        raise OwnNetworkError(
            f"{network.own.name} gives a mask with all values within 0 and 1, as probabilities have; "
            "logits are expected.",
            "Leave the sigmoid out of its forward.",
        )


def _is_ours(file: str) -> bool:
    return Path(file).is_relative_to(Path(__file__).parent)


def _shape(tensor: Tensor) -> str:
    return f"({', '.join(str(int(side)) for side in tensor.shape)}{',' * (tensor.dim() == 1)})"


def _kind(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor {_shape(value)}"
    if isinstance(value, tuple | list):
        inside = ", ".join(_shape(each) if isinstance(each, Tensor) else type(each).__name__ for each in value[:4])
        return f"a {type(value).__name__} of {len(value)} ({inside}{', …' * (len(value) > 4)})"
    if isinstance(value, Mapping):
        return f"a {type(value).__name__} with {', '.join(f'`{key}`' for key in list(value)[:4])}"
    return f"something of type {type(value).__name__}"
