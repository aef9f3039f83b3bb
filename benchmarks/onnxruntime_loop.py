"""An inference loop in Python's onnxruntime, to hold `ofx bench --inference-only` against; asked by agreement.ts.

    python onnxruntime_loop.py MODEL.onnx THREADS

Reads a number of runs from each line of stdin and answers with that many times in milliseconds, as a JSON list.
Session options are those of src/lib/model/session-options.ts.
"""

import json
import sys
import time

import numpy as np
import onnxruntime as ort

WARM_UP = 3


def main() -> None:
    file, threads = sys.argv[1], int(sys.argv[2])
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    image = session.get_inputs()[0]
    side = int(image.shape[2])
    feed = {image.name: np.random.default_rng(0).standard_normal((1, 3, side, side), dtype=np.float32)}
    for _ in range(WARM_UP):
        session.run(None, feed)
    print("[]", flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            started = time.perf_counter()
            session.run(None, feed)
            times.append((time.perf_counter() - started) * 1000)
        print(json.dumps(times), flush=True)


main()
