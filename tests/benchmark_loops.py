"""The bare arithmetic of three networks, written out by hand: what one walk is held against.

Each loop finds all that a report's total has, layer by layer on both sides of the map: weights,
biases, what norms train and keep, mult-adds. What no layer moves stands outside of its loops.
"""

from __future__ import annotations

from collections.abc import Callable

from dscalc.law.layer import Cost

MOBILENET = [
    *[(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)],
    *[(512, 1)] * 5,
    *[(1024, 2), (1024, 1)],
]
"""N and the stride of each separable layer."""

MOBILENET_V2 = [
    *[(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1)],
    *[(6, 160, 3, 2), (6, 320, 1, 1)],
]
"""The expansion, N, copies and stride of each stage."""

ALPHA = 0.5
INPUT = (224, 224)


def mobilenet() -> Cost:
    """What MobileNet costs."""
    least, alpha = 8, ALPHA
    height, width = (-(-side // 2) for side in INPUT)
    m = max(int(32 * alpha), least)
    weights, norms = 27 * m, m
    mult_adds = weights * height * width
    for filters, stride in MOBILENET:
        n = max(int(filters * alpha), least)
        height, width = -(-height // stride), -(-width // stride)
        for numbers, channels in ((9 * m, m), (m * n, n)):
            weights += numbers
            norms += channels
            mult_adds += numbers * height * width
        m = n
    return Cost(weights + m * 1000, 1000, 2 * norms, 2 * norms, 0, mult_adds + m * 1000)


def rounded(value: float) -> int:
    """A multiple of 8 that keeps at least 90 %."""
    found = max(8, int(value + 4) // 8 * 8)
    return found + 8 if found < 0.9 * value else found


def mobilenet_v2() -> Cost:
    """The same of MobileNetV2."""
    height, width = (-(-side // 2) for side in INPUT)
    m = rounded(32 * ALPHA)
    weights, norms = 27 * m, m
    mult_adds = weights * height * width
    for expand, filters, copies, stride in MOBILENET_V2:
        n = rounded(filters * ALPHA)
        for copy in range(copies):
            hidden = expand * m
            if expand > 1:
                weights += m * hidden
                norms += hidden
                mult_adds += m * hidden * height * width
            if copy == 0:
                height, width = -(-height // stride), -(-width // stride)
            for numbers, channels in ((9 * hidden, hidden), (hidden * n, n)):
                weights += numbers
                norms += channels
                mult_adds += numbers * height * width
            m = n
    last = m * 1280
    weights += last + 1_280_000
    norms = 2 * (norms + 1280)
    return Cost(weights, 1000, norms, norms, 0, mult_adds + last * height * width + 1_280_000)


def densenet121() -> Cost:
    """The same of DenseNet-121."""
    alpha = ALPHA
    growth, wide, m = int(32 * alpha), int(128 * alpha), int(64 * alpha)
    height, width = (-(-side // 2) for side in INPUT)
    weights, norms = 3 * 49 * m, m
    mult_adds = weights * height * width
    height, width = -(-height // 2), -(-width // 2)
    for copies, filters in ((6, 128), (12, 256), (24, 512), (16, 0)):
        for _ in range(copies):
            for channels, numbers in ((m, m * wide), (wide, 9 * wide * growth)):
                norms += channels
                weights += numbers
                mult_adds += numbers * height * width
            m += growth
        norms += m
        if filters:
            n = int(filters * alpha)
            weights += m * n
            mult_adds += m * n * height * width
            m, height, width = n, height // 2, width // 2
    weights += m * 1000
    return Cost(weights, 1000, 2 * norms, 2 * norms, 0, mult_adds + m * 1000)


LOOPS: dict[str, tuple[Callable[[], Cost], int]] = {
    "mobilenet": (mobilenet, 15),
    "mobilenet_v2": (mobilenet_v2, 12),
    "densenet121": (densenet121, 12),
}
"""The loop of each network, and the aim: at most how many times as long a walk takes."""
