"""A small one-stage, anchor-free detector with the raw output contract of YOLOX (arXiv 2107.08430)."""

import torch
from torch import nn
import torch.nn.functional as F

CLASSES = 3
STRIDES = (8, 16, 32)


def conv(inputs, outputs, size=3, stride=1):
    """Convolution, batch norm, ReLU: onnxruntime fuses the three into one operator."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """A bottleneck: half the channels through a 3x3 convolution, added to the input."""

    def __init__(self, channels):
        super().__init__()
        self.layers = nn.Sequential(conv(channels, channels // 2, 1), conv(channels // 2, channels))

    def forward(self, x):
        return x + self.layers(x)


class Head(nn.Module):
    """Box, objectness and classes for one stride: [N, 5 + CLASSES, h, w] logits."""

    def __init__(self, channels):
        super().__init__()
        self.features = conv(channels, channels)
        self.out = nn.Conv2d(channels, 5 + CLASSES, 1)
        # Few cells hold an object: start near that prior, or the first steps are spent on it.
        nn.init.constant_(self.out.bias[4:5], -4.6)
        nn.init.constant_(self.out.bias[5:], -1.0)

    def forward(self, x):
        return self.out(self.features(x))


class Detector(nn.Module):
    """images [N, 3, H, W], RGB, 0 to 255, sides multiples of 32 -> logits per stride."""

    def __init__(self):
        super().__init__()
        # One step down to a quarter of the size: half resolution is where most of a network's
        # time on a CPU would go.
        self.stem = conv(3, 32, 6, 4)
        self.stem[0].padding = (1, 1)
        self.stage8 = nn.Sequential(conv(32, 64, 3, 2), Residual(64), Residual(64))
        self.stage16 = nn.Sequential(conv(64, 96, 3, 2), Residual(96), Residual(96))
        self.stage32 = nn.Sequential(conv(96, 128, 3, 2), Residual(128))
        neck = 48
        self.lateral8 = conv(64, neck, 1)
        self.lateral16 = conv(96, neck, 1)
        self.lateral32 = conv(128, neck, 1)
        self.smooth16 = conv(neck, neck)
        self.smooth8 = conv(neck, neck)
        self.heads = nn.ModuleList(Head(neck) for _ in STRIDES)

    def forward(self, images):
        c8 = self.stage8(self.stem(images * (1 / 128) - 1))
        c16 = self.stage16(c8)
        p32 = self.lateral32(self.stage32(c16))
        p16 = self.smooth16(self.lateral16(c16) + F.interpolate(p32, scale_factor=2.0))
        p8 = self.smooth8(self.lateral8(c8) + F.interpolate(p16, scale_factor=2.0))
        return [head(p) for head, p in zip(self.heads, (p8, p16, p32))]


class Exported(nn.Module):
    """The detector with one output [N, A, 5 + CLASSES]: strides 8, 16, 32, each row by row."""

    def __init__(self, detector):
        super().__init__()
        self.detector = detector

    def forward(self, images):
        rows = []
        for logits in self.detector(images):
            joined = torch.cat([logits[:, :4], torch.sigmoid(logits[:, 4:])], 1)
            rows.append(joined.flatten(2))
        return torch.cat(rows, 2).transpose(1, 2)


def grid(height, width):
    """Cell columns, rows and strides, each [A], in the order of Exported's rows."""
    columns, rows, strides = [], [], []
    for stride in STRIDES:
        h, w = height // stride, width // stride
        y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
        columns.append(x.flatten())
        rows.append(y.flatten())
        strides.append(torch.full((h * w,), stride))
    return torch.cat(columns).float(), torch.cat(rows).float(), torch.cat(strides).float()
