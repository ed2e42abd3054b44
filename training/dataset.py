"""Batches from the folders that generate-data.ts leaves, cut, scaled and recoloured at random."""

import json
import os
import queue
import threading

import numpy as np
import torch
import torch.nn.functional as F

WIDTH, HEIGHT = 640, 360
FILL = 114


def load(folders):
    """Returns (list of uint8 arrays [n, HEIGHT, WIDTH, 3], list of (array, row, objects [k, 6]))."""
    arrays, entries = [], []
    for folder in folders:
        images = np.memmap(os.path.join(folder, "images.bin"), np.uint8, "r")
        images = images.reshape(-1, HEIGHT, WIDTH, 3)
        arrays.append(images)
        with open(os.path.join(folder, "labels.jsonl")) as lines:
            for row, line in enumerate(lines):
                objects = np.array(json.loads(line)["objects"], np.float32).reshape(-1, 6)
                entries.append((len(arrays) - 1, row, objects))
        assert entries[-1][1] + 1 == len(images), folder
    return arrays, entries


def sample(image, objects, random, size, strength):
    """One picture [3, h, w] (0 to 255) and its objects, cut to size (width, height).

    strength 0 leaves the geometry alone (but for mirroring); 1 scales by 0.75 to 1.4.
    """
    width, height = size
    scale = 1.4 ** random.uniform(-0.85, 1) if strength > 0 else 1.0
    view_w, view_h = width / scale, height / scale
    if random.random() < 0.8 and len(objects) and strength > 0:
        x, y, w, h = objects[random.integers(len(objects)), 2:]
        left = x + w / 2 - random.uniform(0.15, 0.85) * view_w
        top = y + h / 2 - random.uniform(0.15, 0.85) * view_h
    else:
        left = random.uniform(0, max(0, WIDTH - view_w))
        top = random.uniform(0, max(0, HEIGHT - view_h))
    left = int(np.clip(left, min(0, WIDTH - view_w), max(0, WIDTH - view_w)))
    top = int(np.clip(top, min(0, HEIGHT - view_h), max(0, HEIGHT - view_h)))
    view_w, view_h = int(round(view_w)), int(round(view_h))

    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(WIDTH, left + view_w), min(HEIGHT, top + view_h)
    cut = torch.from_numpy(np.array(image[y0:y1, x0:x1])).permute(2, 0, 1).float()
    cut = recolour(cut, random)
    if (x1 - x0, y1 - y0) != (view_w, view_h):
        pad = (x0 - left, left + view_w - x1, y0 - top, top + view_h - y1)
        cut = F.pad(cut, pad, value=FILL)
    if (view_w, view_h) != (width, height):
        cut = F.interpolate(cut[None], (height, width), mode="bilinear", align_corners=False)[0]

    factor = np.array([width / view_w, height / view_h] * 2, np.float32)
    moved = objects.copy()
    moved[:, 2] -= left
    moved[:, 3] -= top
    moved[:, 2:] *= factor
    low = np.maximum(moved[:, 2:4], 0)
    high = np.minimum(moved[:, 2:4] + moved[:, 4:6], [width, height])
    area = moved[:, 4] * moved[:, 5]
    moved[:, 2:4] = low
    moved[:, 4:6] = high - low
    keep = (moved[:, 4] > 1) & (moved[:, 5] > 1)
    left_over = np.where(keep, moved[:, 4] * moved[:, 5], 0) / np.maximum(area, 1e-6)
    # What the cut leaves too little of, or makes too small, is neither an object nor background.
    moved[(left_over < 0.35) | (moved[:, 4:6].max(1) < 14), 1] = 0
    moved = moved[keep]
    if random.random() < 0.5:
        cut = cut.flip(2)
        moved[:, 2] = width - moved[:, 2] - moved[:, 4]
    return cut, torch.from_numpy(moved)


def recolour(picture, random):
    """Changes brightness, contrast and white balance; now and then takes the colour away."""
    if random.random() < 0.05:
        picture = picture.mean(0, keepdim=True).expand(3, -1, -1)
    gain = random.uniform(0.75, 1.3) * random.uniform(0.93, 1.07, 3)
    shift = random.uniform(-15, 15)
    gain = torch.tensor(gain, dtype=torch.float32)[:, None, None]
    return (picture * gain + shift).clamp(0, 255)


def batches(arrays, entries, count, batch_size, size, strength, seed):
    """Yields `count` pairs (images [N, 3, h, w], list of objects), prepared by a second thread."""
    ready = queue.Queue(maxsize=4)

    def work():
        random = np.random.default_rng(seed)
        order = []
        for _ in range(count):
            if len(order) < batch_size:
                order = list(random.permutation(len(entries)))
            chosen = [entries[order.pop()] for _ in range(batch_size)]
            pairs = [sample(arrays[a][r], o, random, size, strength) for a, r, o in chosen]
            ready.put((torch.stack([p[0] for p in pairs]), [p[1] for p in pairs]))

    threading.Thread(target=work, daemon=True).start()
    for _ in range(count):
        yield ready.get()
