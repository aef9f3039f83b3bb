"""What a plain Python loop takes to score photos and write their masks: the yardstick of benchmarks/predict.ts.

    python python/benchmarks/predict_loop.py MODEL.onnx SIZE THREADS OUT_FOLDER < list-of-photos

Prints one JSON object: seconds of the loop, without start-up and loading, and how many photos it scored.
"""

import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


def main(model: str, size: int, threads: int, out: Path) -> None:
    photos = sys.stdin.read().splitlines()
    out.mkdir(parents=True, exist_ok=True)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    (network_input,) = session.get_inputs()
    session.run(None, {network_input.name: np.zeros((1, 3, size, size), np.float32)})

    started = time.perf_counter()
    for photo in photos:
        image = cv2.imread(photo)
        rgb = cv2.cvtColor(cv2.resize(image, (size, size)), cv2.COLOR_BGR2RGB)
        tensor = ((rgb.astype(np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1)[None]
        _, mask = session.run(["score", "mask"], {network_input.name: np.ascontiguousarray(tensor)})
        probability = cv2.resize(mask[0, 0], (image.shape[1], image.shape[0]))
        cv2.imwrite(str(out / (Path(photo).stem + ".png")), (probability > 0.5).astype(np.uint8) * 255)
    print(json.dumps({"seconds": time.perf_counter() - started, "photos": len(photos)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
