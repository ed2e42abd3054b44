"""Which cell answers for which object, and what a wrong answer costs."""

import torch
import torch.nn.functional as F

# An object belongs to the strides whose range holds its longer side (pixels of the 640x384 input).
RANGES = {8: (0, 72), 16: (48, 176), 32: (120, 1e9)}


def assign(objects, columns, rows, strides):
    """Assigns objects to cells for one picture.

    objects: [n, 6] of class, counts, x, y, w, h. A cell answers for an object if its centre is
    within one stride of the object's along both axes (the four nearest cells); the object whose
    centre is nearer wins a contested cell. Returns (index [A], -1 where none, and ignore [A], True where a detection
    is neither right nor wrong).
    """
    cell_x = (columns + 0.5) * strides
    cell_y = (rows + 0.5) * strides
    index = torch.full_like(columns, -1, dtype=torch.long)
    ignore = torch.zeros_like(columns, dtype=torch.bool)
    if len(objects) == 0:
        return index, ignore
    counts = objects[:, 1] > 0
    x, y, w, h = objects[:, 2:].unbind(1)
    dx = (cell_x[None] - (x + w / 2)[:, None]).abs()
    dy = (cell_y[None] - (y + h / 2)[:, None]).abs()
    near = (dx < strides[None]) & (dy < strides[None])
    inside = (dx < (w / 2)[:, None] + strides[None] / 2) & (dy < (h / 2)[:, None] + strides[None] / 2)
    ignore = (inside & ~counts[:, None]).any(0)
    longest = torch.maximum(w, h)
    low = torch.zeros_like(strides)
    high = torch.zeros_like(strides)
    for stride, (least, most) in RANGES.items():
        low[strides == stride] = least
        high[strides == stride] = most
    fits = (longest[:, None] >= low[None]) & (longest[:, None] < high[None])
    candidate = near & fits & counts[:, None]
    distance = torch.where(candidate, dx * dx + dy * dy, torch.tensor(float("inf")))
    nearest, chosen = distance.min(0)
    index[torch.isfinite(nearest)] = chosen[torch.isfinite(nearest)]
    return index, ignore


def decode(raw, columns, rows, strides):
    """raw [..., 4] to x0, y0, x1, y1 in pixels, as YOLOX decodes."""
    cx = (raw[..., 0] + columns) * strides
    cy = (raw[..., 1] + rows) * strides
    w = torch.exp(raw[..., 2].clamp(max=5)) * strides
    h = torch.exp(raw[..., 3].clamp(max=5)) * strides
    return torch.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], -1)


def generalised_iou(a, b):
    """IoU and GIoU (Rezatofighi et al., CVPR 2019) of paired boxes [n, 4]."""
    low = torch.maximum(a[:, :2], b[:, :2])
    high = torch.minimum(a[:, 2:], b[:, 2:])
    overlap = (high - low).clamp(min=0).prod(1)
    area_a = (a[:, 2:] - a[:, :2]).prod(1)
    area_b = (b[:, 2:] - b[:, :2]).prod(1)
    union = area_a + area_b - overlap
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(1)
    iou = overlap / union.clamp(min=1e-6)
    return iou, iou - (hull - union) / hull.clamp(min=1e-6)


def detection_loss(outputs, batch, columns, rows, strides):
    """outputs: logits [N, A, 8]; batch: a list of N object tensors. Returns (loss, mean IoU)."""
    columns_hit, targets, kinds, weights = [], [], [], []
    for objects in batch:
        index, ignore = assign(objects, columns, rows, strides)
        hit = index >= 0
        chosen = objects[index[hit]]
        columns_hit.append(hit)
        targets.append(torch.cat([chosen[:, 2:4], chosen[:, 2:4] + chosen[:, 4:6]], 1))
        kinds.append(chosen[:, 0].long())
        weights.append((hit | ~ignore).float())
    hit = torch.stack(columns_hit)
    target = torch.cat(targets)
    kind = torch.cat(kinds)
    weight = torch.stack(weights)
    positives = max(1, len(target))

    n = outputs.shape[0]
    every = lambda v: v[None].expand(n, -1)[hit]
    boxes = decode(outputs[hit][:, :4], every(columns), every(rows), every(strides))
    iou, giou = generalised_iou(boxes, target)
    box_loss = (1 - giou).sum()
    # Objectness learns how good the box is, so that a score also ranks by localisation.
    wanted = torch.zeros_like(outputs[..., 4])
    wanted[hit] = iou.detach().clamp(0, 1)
    object_loss = F.binary_cross_entropy_with_logits(outputs[..., 4], wanted, weight, reduction="sum")
    one_hot = F.one_hot(kind, outputs.shape[-1] - 5).float()
    kind_loss = F.binary_cross_entropy_with_logits(outputs[hit][:, 5:], one_hot, reduction="sum")
    loss = (4 * box_loss + object_loss + kind_loss) / positives
    return loss, iou.detach().mean().item() if len(target) else 0.0
