"""How much faster the exported network is than a plain export, both in ONNX Runtime, one after the other in one run.

The plain export is what `torch.onnx.export(dynamo=False, opset_version=17)` makes of the network with its attention
written as einsum over (batch, query, head, channel) and all four outputs, as a training loop needs them. Ratios below
1 are faster; rounds alternate, so that whatever else the machine does meets both alike.

    python benchmarks/export_speed.py --size 288 --threads 2
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ofx.export import export_onnx
from ofx.networks import ARCHITECTURES, objectformer
from ofx.networks.objectformer import Attention, ObjectFormer, ObjectFormerConfig, RelativePositions


class EinsumAttention(Attention):
    """The same function, its products as einsum over (b, q, g, c), the scale applied to the logits."""

    def forward(self, query, memory, query_position=None, key_position=None, relative=None) -> Tensor:
        q = self.to_q(self.norm_q(self._add_position(query, query_position))).unflatten(2, (self.heads, -1))
        k = self.to_k(self.norm_k(self._add_position(memory, key_position))).unflatten(2, (self.heads, -1))
        v = self.to_v(self.norm_v(memory)).unflatten(2, (self.heads, -1))
        logits = torch.einsum("bqgc,bkgc->bqgk", q, k)
        if relative is not None:
            logits = logits + relative(q)
        weights = (logits * self.scale).softmax(dim=-1)
        return self.proj(torch.einsum("bqgk,bkgc->bqgc", weights, v).flatten(2))


class EinsumRelativePositions(RelativePositions):
    def forward(self, q: Tensor) -> Tensor:
        """Queries (B, p·p, g, d) to logits (B, p·p, g, p·p)."""
        p = self.window
        by_row, by_column = q.unflatten(1, (p, p)).chunk(2, dim=-1)
        rows, columns = self.tables()
        row_logits = torch.einsum("bhwgc,hkc->bhwgk", by_row, rows)
        column_logits = torch.einsum("bhwgc,wkc->bhwgk", by_column, columns)
        return (row_logits.unsqueeze(-1) + column_logits.unsqueeze(-2)).flatten(4).flatten(1, 2)


class AllOutputs(nn.Module):
    def __init__(self, network: ObjectFormer) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        score, masks = self.network.forward_all(images)
        return score, *(mask.sigmoid() for mask in masks)


def export_plain(network: ObjectFormer, side: int, path: Path) -> None:
    for module in network.modules():
        if isinstance(module, Attention):
            module.__class__ = EinsumAttention
        elif isinstance(module, RelativePositions):
            module.__class__ = EinsumRelativePositions
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        example = torch.zeros(1, 3, side, side)
        names = ["score", "mask0", "mask1", "mask2"]
        torch.onnx.export(
            AllOutputs(network), (example,), str(path), dynamo=False, opset_version=17,
            input_names=["image"], output_names=names,
        )  # fmt: skip


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # As in ofx; and a thread that spins would count as processor time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=288)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument(
        "--only-export", type=Path, metavar="FOLDER", help="write ofx.onnx and plain.onnx, time nothing"
    )
    arguments = parser.parse_args()

    torch.manual_seed(0)
    network = ObjectFormer(ObjectFormerConfig()).eval()
    arrange = ARCHITECTURES[objectformer.NAME].arrange
    if arguments.only_export:
        folder = arguments.only_export
        export_onnx(arrange(network, arguments.size), arguments.size, folder / "ofx.onnx")
        export_plain(network, arguments.size, folder / "plain.onnx")
        return
    image = torch.randn(1, 3, arguments.size, arguments.size).numpy()
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / f"{name}.onnx" for name in ("ofx", "pruned", "plain")}
        export_onnx(arrange(network, arguments.size), arguments.size, files["ofx"])
        export_onnx(network, arguments.size, files["pruned"])
        export_plain(network, arguments.size, files["plain"])
        sessions = {name: open_session(path, arguments.threads) for name, path in files.items()}
        outputs = {name: session.run(None, {"image": image}) for name, session in sessions.items()}
        seconds: dict[str, list[float]] = {name: [] for name in sessions}
        processor: dict[str, list[float]] = {name: [] for name in sessions}
        for _ in range(arguments.rounds):
            for name, session in sessions.items():
                started, busy = time.perf_counter(), time.process_time()
                session.run(None, {"image": image})
                seconds[name].append(time.perf_counter() - started)
                processor[name].append(time.process_time() - busy)

    print(f"onnxruntime {onnxruntime.__version__}, size {arguments.size}, {arguments.threads} threads")
    print("        median of rounds     fastest round        processor time  largest difference")
    for name in sessions:
        difference = max(np.abs(outputs[name][i] - outputs["plain"][i]).max() for i in (0, -1))
        cells = [
            f"{1000 * middle(times[name]):6.1f} ms = {middle(times[name]) / middle(times['plain']):.3f}"
            for middle, times in ((statistics.median, seconds), (min, seconds))
        ]
        busy = statistics.median(processor[name]) / statistics.median(processor["plain"])
        print(f"{name:7} {cells[0]}   {cells[1]}   {busy:.3f}           {difference:.1e}")


if __name__ == "__main__":
    main()
