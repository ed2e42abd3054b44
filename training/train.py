"""Trains the starter detector on the CPU.

/usr/bin/python3 training/train.py --data data/training/train-0 data/training/train-1 \
    --out data/training/detector.pt
"""

import argparse
import copy
import math
import time

import torch

from dataset import batches, load
from detector import Detector, grid
from loss import detection_loss

# Steps, batch size, picture size and strength of scaling. Cuts first: they hold more objects per
# pixel computed than whole frames; then whole frames, as the detector will see them.
PHASES = ((5600, 16, (384, 256), 1.0), (1000, 16, (640, 384), 0.0))
PEAK_RATE, LAST_RATE, WARM_UP = 2.5e-3, 2e-5, 150


def rate_at(step, total):
    if step < WARM_UP:
        return PEAK_RATE * (step + 1) / WARM_UP
    t = (step - WARM_UP) / max(1, total - WARM_UP)
    return LAST_RATE + (PEAK_RATE - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * t))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", nargs="+", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale-steps", type=float, default=1.0, help="factor on the steps")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    arrays, entries = load(options.data)
    model = Detector().to(memory_format=torch.channels_last)
    average = copy.deepcopy(model).eval()
    decayed = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.02}, {"params": rest, "weight_decay": 0.0}]
    )
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{len(entries)} frames, {parameters} parameters", flush=True)

    phases = [(round(s * options.scale_steps), *rest) for s, *rest in PHASES]
    total = sum(phase[0] for phase in phases)
    step, started, seen, sums = 0, time.time(), 0, [0.0, 0.0]
    for number, (steps, batch_size, size, strength) in enumerate(phases):
        cells = grid(size[1], size[0])
        seed = options.seed * 1000 + number
        for images, objects in batches(arrays, entries, steps, batch_size, size, strength, seed):
            for group in optimizer.param_groups:
                group["lr"] = rate_at(step, total)
            outputs = model(images.contiguous(memory_format=torch.channels_last))
            flat = torch.cat([o.flatten(2) for o in outputs], 2).transpose(1, 2)
            loss, iou = detection_loss(flat, objects, *cells)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
            optimizer.step()
            update_average(average, model, min(0.998, (step + 1) / (step + 10)))
            step += 1
            seen += batch_size
            sums = [sums[0] + loss.item(), sums[1] + iou]
            if step % 100 == 0:
                speed = seen / (time.time() - started)
                print(
                    f"step {step}/{total} loss {sums[0] / 100:.3f} iou {sums[1] / 100:.3f} "
                    f"{speed:.1f} pictures/s {time.time() - started:.0f} s",
                    flush=True,
                )
                sums = [0.0, 0.0]
            if step % 500 == 0 or step == total:
                torch.save(average.state_dict(), options.out)


def update_average(average, model, decay):
    """Exponential moving average of weights and of batch norm's statistics."""
    with torch.no_grad():
        for a, m in zip(average.state_dict().values(), model.state_dict().values()):
            if a.dtype.is_floating_point:
                a.mul_(decay).add_(m, alpha=1 - decay)
            else:
                a.copy_(m)


if __name__ == "__main__":
    main()
