"""Writes the trained detector as a model package: model.onnx and manifest.json.

/usr/bin/python3 training/export.py --weights data/training/detector.pt --out models/starter-detector
"""

import argparse
import hashlib
import json
import os

import torch

from detector import Detector, Exported


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()

    detector = Detector()
    detector.load_state_dict(torch.load(options.weights, map_location="cpu"))
    model = Exported(detector).eval()
    os.makedirs(options.out, exist_ok=True)
    path = os.path.join(options.out, "model.onnx")
    torch.onnx.export(
        model,
        torch.full((2, 3, 384, 640), 114.0),
        path,
        opset_version=13,
        input_names=["images"],
        output_names=["output"],
        dynamic_axes={"images": {0: "batch"}, "output": {0: "batch"}},
    )
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    manifest = {
        "schemaVersion": 1,
        "name": "starter-detector",
        "version": "1.1.0",
        "task": "detection",
        "description": "Cars, trucks and people seen from above a street; trained from scratch on synthetic scenes.",
        "file": "model.onnx",
        "sha256": digest,
        "license": "Apache-2.0",
        "source": "training/README.md",
        "input": {
            "name": "images",
            "layout": "nchw",
            "width": 640,
            "height": 384,
            "channels": "rgb",
            "scale": 1,
            "mean": [0, 0, 0],
            "std": [1, 1, 1],
            "fit": "letterbox",
            "placement": "top-left",
            "fill": 114,
            "batch": "dynamic",
        },
        "output": {"decoder": "yolox", "names": ["output"], "strides": [8, 16, 32]},
        "labels": ["car", "truck", "person"],
        "thresholds": {"score": 0.3, "iou": 0.5},
    }
    with open(os.path.join(options.out, "manifest.json"), "w") as file:
        json.dump(manifest, file, indent=2)
        file.write("\n")
    print(f"{path}: {os.path.getsize(path)} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
