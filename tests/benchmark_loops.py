"""The bare arithmetic of three networks, written out by hand: what one walk is held against."""

from __future__ import annotations

from collections.abc import Callable

MOBILENET = [
    *[(32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2)],
    *[(512, 512, 1)] * 5,
    *[(512, 1024, 2), (1024, 1024, 1)],
]
"""M, N and the stride of each separable layer."""

MOBILENET_V2 = [
    *[(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1)],
    *[(6, 160, 3, 2), (6, 320, 1, 1)],
]
"""The expansion, N, copies and stride of each stage."""

ALPHA = 0.5


def mobilenet() -> tuple[int, int]:
    """Weights and mult-adds of MobileNet."""
    side, least, alpha = 112, 8, ALPHA
    first = max(int(32 * alpha), least)
    weights = 27 * first
    mult_adds = weights * side * side
    for channels, filters, stride in MOBILENET:
        m, n = max(int(channels * alpha), least), max(int(filters * alpha), least)
        side = -(-side // stride)
        for layer in (9 * m, m * n):
            weights += layer
            mult_adds += layer * side * side
    classifier = max(int(1024 * alpha), least) * 1000
    return weights + classifier, mult_adds + classifier


def rounded(value: float) -> int:
    """A multiple of 8 that keeps at least 90 %."""
    found = max(8, int(value + 4) // 8 * 8)
    return found + 8 if found < 0.9 * value else found


def mobilenet_v2() -> tuple[int, int]:
    """The same of MobileNetV2."""
    side, m = 112, rounded(32 * ALPHA)
    weights = 27 * m
    mult_adds = weights * side * side
    for expand, filters, copies, stride in MOBILENET_V2:
        n = rounded(filters * ALPHA)
        for copy in range(copies):
            hidden = expand * m
            if expand > 1:
                weights += m * hidden
                mult_adds += m * hidden * side * side
            if copy == 0:
                side = -(-side // stride)
            for layer in (9 * hidden, hidden * n):
                weights += layer
                mult_adds += layer * side * side
            m = n
    last = m * 1280
    return weights + last + 1_280_000, mult_adds + last * side * side + 1_280_000


def densenet121() -> tuple[int, int]:
    """The same of DenseNet-121."""
    side, growth, wide, m = 112, int(32 * ALPHA), int(128 * ALPHA), int(64 * ALPHA)
    weights = 3 * 49 * m
    mult_adds = weights * side * side
    side = 56
    for copies, filters in ((6, 128), (12, 256), (24, 512), (16, 0)):
        for _ in range(copies):
            for layer in (m * wide, 9 * wide * growth):
                weights += layer
                mult_adds += layer * side * side
            m += growth
        if filters:
            n = int(filters * ALPHA)
            weights += m * n
            mult_adds += m * n * side * side
            m, side = n, side // 2
    return weights + m * 1000, mult_adds + m * 1000


LOOPS: dict[str, tuple[Callable[[], tuple[int, int]], int]] = {
    "mobilenet": (mobilenet, 15),
    "mobilenet_v2": (mobilenet_v2, 12),
    "densenet121": (densenet121, 12),
}
"""The loop of each network, and the aim: at most how many times as long a walk takes."""
