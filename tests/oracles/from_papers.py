"""Networks that no package here builds, written in PyTorch from their definitions.

Each names the definition it follows. They serve as truth because PyTorch infers, checks and counts
their shapes, and because the published totals beside them are met.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from tests.oracles.cases import Case, image, spelt

VERSION = f"PyTorch {torch.__version__.partition('+')[0]}"
DEEPLAB = (
    "as tensorflow/models research/deeplab (mobilenet_v2, output stride 16, no ASPP, no decoder)"
)
WAVENET = "as van den Oord et al. 2016, Figure 4"
FAST_SCNN = "as Poudel et al. 2019, Table 1"


def cases() -> Iterator[Case]:
    """Every network that is written here."""
    for side in (513, 321):
        yield Case(
            f"paper/deeplabv3_mobilenet_v2@r{side}",
            "deeplabv3_mobilenet_v2",
            image(side),
            f"{VERSION}, {DEEPLAB}",
            DeepLab,
            note="published at 513: 2.11M, 2.75B mult-adds; the 9M between are unexplained",
        )
    for sides in ((1024, 2048, 3), (512, 1024, 3)):
        yield Case(
            f"paper/fast_scnn@r{spelt(sides[:-1])}",
            "fast_scnn",
            sides,
            f"{VERSION}, {FAST_SCNN}",
            FastSCNN,
            note="19 classes; pyramid as in PSPNet; published: 1.11M, which are its weights alone",
        )
    yield Case(
        "paper/fast_scnn@classes2@r1024x2048",
        "fast_scnn",
        (1024, 2048, 3),
        f"{VERSION}, {FAST_SCNN}",
        partial(FastSCNN, 2),
        given="classes=2",
    )
    yield from _waves()
    for side in (572, 380):
        yield Case(
            f"paper/unet@r{side}",
            "unet",
            (side, side, 1),
            f"{VERSION}, as Ronneberger et al. 2015, Figure 1",
            UNet,
        )
    for side in (224, 227):
        yield Case(
            f"paper/alexnet@r{side}",
            "alexnet",
            image(side),
            f"{VERSION}, as Krizhevsky et al. 2012, Figure 2",
            _alexnet,
        )
    for length in (400, 64):
        yield Case(
            f"paper/qanet_encoder@l{length}",
            "qanet_encoder",
            (length, 128),
            f"{VERSION}, as Yu et al. 2018, section 2.2",
            _qanet,
            run=_sequence,
        )
    for alpha, side in ((1.0, 224), (0.75, 224), (0.5, 160)):
        yield Case(
            f"paper/mobilenet_shallow@w{alpha:g}@r{side}",
            "mobilenet_shallow",
            image(side),
            f"{VERSION}, as Howard et al. 2017, Table 5",
            partial(_shallow, alpha),
            alpha=alpha,
        )


def _waves() -> Iterator[Case]:
    for length in (16000, 4000):
        yield Case(
            f"paper/wavenet@l{length}",
            "wavenet",
            (length, 1),
            f"{VERSION}, {WAVENET}",
            partial(WaveNet, first=(1, 32, 1), blocks=1, skip=256),
            note="one stack of ten; a pointwise first layer on the raw wave; biases everywhere",
        )
    yield Case(
        "paper/wavenet_ibab@l16000",
        "",
        (16000, 256),
        f"{VERSION}, as ibab/tensorflow-wavenet wavenet_params.json",
        partial(WaveNet, first=(256, 32, 2), blocks=5, skip=512, first_bias=False),
        note="five stacks on one-hot samples; no bias in the first layer; every step counts",
    )


def _normed(m: int, n: int, k: int = 1, stride: int = 1, groups: int = 1, dilation: int = 1) -> Any:
    padding = dilation * (k // 2)
    return nn.Sequential(
        nn.Conv2d(m, n, k, stride, padding, dilation, groups, bias=False), nn.BatchNorm2d(n)
    )


def _separable(m: int, n: int, stride: int = 1) -> Any:
    return nn.Sequential(_normed(m, m, 3, stride, m), _normed(m, n))


def _inverted(m: int, n: int, t: int, stride: int = 1, dilation: int = 1) -> Any:
    expand = [_normed(m, t * m)] if t > 1 else []
    depthwise = _normed(t * m, t * m, 3, stride, t * m, dilation)
    return nn.Sequential(*expand, depthwise, _normed(t * m, n))


def _inverted_stages(m: int, table: tuple[tuple[int, ...], ...]) -> Any:
    """Blocks from rows of t, n, copies, stride, dilation; sums are left out, as they are free."""
    blocks = []
    for t, n, copies, stride, *dilation in table:
        for copy in range(copies):
            blocks.append(_inverted(m, n, t, 1 if copy else stride, *dilation))
            m = n
    return nn.Sequential(*blocks)


class DeepLab(nn.Module):
    """DeepLabv3 on MobileNetV2's 320 channels: image pooling, a 1×1 branch, projection, logits."""

    def __init__(self) -> None:
        super().__init__()
        table = (
            (1, 16, 1, 1),
            (6, 24, 2, 2),
            (6, 32, 3, 2),
            (6, 64, 4, 2),
            (6, 96, 3, 1),
            (6, 160, 1, 1),
            (6, 160, 2, 1, 2),
            (6, 320, 1, 1, 2),
        )
        self.backbone = nn.Sequential(_normed(3, 32, 3, 2), _inverted_stages(32, table))
        self.image_pooling = _normed(320, 256)
        self.aspp0 = _normed(320, 256)
        self.concat_projection = _normed(512, 256)
        self.logits = nn.Conv2d(256, 21, 1)

    def forward(self, x: Any) -> Any:
        x = self.backbone(x)
        pooled = self.image_pooling(x.mean((2, 3), keepdim=True)).expand(-1, -1, *x.shape[2:])
        return self.logits(self.concat_projection(torch.cat([pooled, self.aspp0(x)], 1)))


class FastSCNN(nn.Module):
    """Learning to downsample, global features, pyramid, fusion, classifier."""

    def __init__(self, classes: int = 19) -> None:
        super().__init__()
        self.down = nn.Sequential(
            _normed(3, 32, 3, 2), _separable(32, 48, 2), _separable(48, 64, 2)
        )
        self.features = _inverted_stages(64, ((6, 64, 3, 2), (6, 96, 3, 2), (6, 128, 3, 1)))
        self.pyramid = nn.ModuleList(_normed(128, 32) for _ in range(4))
        self.pyramid_out = _normed(256, 128)
        self.fuse_depthwise = _normed(128, 128, 3, groups=128)
        self.fuse_low = nn.Sequential(nn.Conv2d(128, 128, 1), nn.BatchNorm2d(128))
        self.fuse_high = nn.Sequential(nn.Conv2d(64, 128, 1), nn.BatchNorm2d(128))
        self.classifier = nn.Sequential(
            _separable(128, 128), _separable(128, 128), nn.Conv2d(128, classes, 1)
        )

    def forward(self, x: Any) -> Any:
        high = self.down(x)
        x = self.features(high)
        parts = [x]
        for bins, reduce in zip((1, 2, 3, 6), self.pyramid, strict=True):
            part = reduce(functional.adaptive_avg_pool2d(x, bins))
            parts.append(functional.interpolate(part, x.shape[2:]))
        low = functional.interpolate(self.pyramid_out(torch.cat(parts, 1)), high.shape[2:])
        low = self.fuse_low(self.fuse_depthwise(low))
        return self.classifier(low + self.fuse_high(high))


class WaveNet(nn.Module):
    """Gated causal convolutions of width 2, dilated 1 to 512, a skip sum and two 1×1 layers."""

    def __init__(
        self, first: tuple[int, int, int], blocks: int, skip: int, first_bias: bool = True
    ) -> None:
        super().__init__()
        width = first[1]
        self.first = nn.Conv1d(*first, bias=first_bias)
        self.dilations = [2**i for i in range(10)] * blocks
        self.gates = nn.ModuleList(
            nn.Conv1d(width, 2 * width, 2, dilation=d) for d in self.dilations
        )
        self.skips = nn.ModuleList(nn.Conv1d(width, skip, 1) for _ in self.dilations)
        self.outs = nn.ModuleList(nn.Conv1d(width, width, 1) for _ in self.dilations)
        self.last = nn.Sequential(nn.Conv1d(skip, skip, 1), nn.Conv1d(skip, 256, 1))

    def forward(self, x: Any) -> Any:
        x = self.first(functional.pad(x, (self.first.kernel_size[0] - 1, 0)))
        total = torch.zeros(1, device=x.device)
        for d, gate, skip, out in zip(
            self.dilations, self.gates, self.skips, self.outs, strict=True
        ):
            tanh, sigmoid = gate(functional.pad(x, (d, 0))).chunk(2, 1)
            z = tanh.tanh() * sigmoid.sigmoid()
            total = total + skip(z)
            x = x + out(z)
        return self.last(total)


class UNet(nn.Module):
    """Unpadded 3×3 convolutions down and up; what is joined is cropped."""

    def __init__(self) -> None:
        super().__init__()
        widths = (64, 128, 256, 512, 1024)
        self.down = nn.ModuleList(
            self._pair(m, n) for m, n in zip((1, *widths), widths, strict=False)
        )
        self.ups = nn.ModuleList(nn.ConvTranspose2d(2 * n, n, 2, 2) for n in widths[-2::-1])
        self.joined = nn.ModuleList(self._pair(2 * n, n) for n in widths[-2::-1])
        self.classes = nn.Conv2d(64, 2, 1)

    @staticmethod
    def _pair(m: int, n: int) -> Any:
        return nn.Sequential(nn.Conv2d(m, n, 3), nn.Conv2d(n, n, 3))

    def forward(self, x: Any) -> Any:
        kept: list[Any] = []
        for step in self.down:
            x = step(x if not kept else functional.max_pool2d(x, 2))
            kept.append(x)
        for up, pair, old in zip(self.ups, self.joined, kept[-2::-1], strict=True):
            x = up(x)
            edge = [(a - b) // 2 for a, b in zip(old.shape[2:], x.shape[2:], strict=True)]
            old = old[:, :, edge[0] : edge[0] + x.shape[2], edge[1] : edge[1] + x.shape[3]]
            x = pair(torch.cat([old, x], 1))
        return self.classes(x)


def _alexnet() -> Any:
    """Two groups where each of the two GPUs reads its own half."""
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, 4, 2),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, padding=2, groups=2),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, padding=1),
        nn.Conv2d(384, 384, 3, padding=1, groups=2),
        nn.Conv2d(384, 256, 3, padding=1, groups=2),
        nn.MaxPool2d(3, 2),
        nn.Flatten(),
        nn.Linear(9216, 4096),
        nn.Linear(4096, 4096),
        nn.Linear(4096, 1000),
    )


class Attention(nn.Module):
    """Self-attention of eight heads; Vaswani et al.'s projections are matrices, without bias."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (
            nn.Linear(width, width, bias=False) for _ in range(4)
        )

    def forward(self, x: Any) -> Any:
        query, key, value = (
            layer(x).unflatten(-1, (8, -1)).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        scores = (query @ key.transpose(-1, -2)).softmax(-1)
        return self.out((scores @ value).transpose(1, 2).flatten(2))


class SeparableRow(nn.Module):
    """A depthwise and a pointwise convolution along a row of positions, both with biases."""

    def __init__(self, width: int, k: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, k, padding=k // 2, groups=width)
        self.pointwise = nn.Conv1d(width, width, 1)

    def forward(self, x: Any) -> Any:
        return self.pointwise(self.depthwise(x.transpose(1, 2))).transpose(1, 2)


def _encoder_block(convolutions: int, k: int, width: int = 128) -> list[Any]:
    parts: list[Any] = [SeparableRow(width, k) for _ in range(convolutions)]
    feed_forward = nn.Sequential(nn.Linear(width, width), nn.Linear(width, width))
    parts += [Attention(width), feed_forward]
    return [nn.Sequential(nn.LayerNorm(width), part) for part in parts]


def _qanet() -> Any:
    blocks = _encoder_block(4, 7)
    for _ in range(7):
        blocks += _encoder_block(2, 5)
    return nn.Sequential(*blocks)


def _sequence(module: Any, x: Any) -> Any:
    return module(x.transpose(1, 2))


def _shallow(alpha: float) -> Any:
    """MobileNet V1 without its five layers of 14×14×512; α as in TF-slim, at least 8 channels."""
    table = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (1024, 2), (1024, 1))
    m = max(int(32 * alpha), 8)
    layers = [_normed(3, m, 3, 2)]
    for n, stride in table:
        width = max(int(n * alpha), 8)
        layers.append(_separable(m, width, stride))
        m = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(m, 1000))
