"""The rules of the fields that kinds share: what may stand in n, k, stride and the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from dscalc.errors import nearest

LARGEST = 10**12  # of any one number that a user writes; no network comes near it

Sizes: TypeAlias = int | tuple[int, ...]
Pairs: TypeAlias = tuple[tuple[int, int], ...]
Padding: TypeAlias = str | Sizes | Pairs
NormOf: TypeAlias = str | tuple[str, str]
"""A type of norm, or that and what it goes without: ("batch", "scale")."""
Rule: TypeAlias = Callable[[object], str]


def _shown(value: object) -> str:
    """The value as a file writes it, never longer than a line."""
    text = written(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def written(value: object) -> str:
    """A value as YAML writes it: [0, 1] and true, not (0, 1) and True."""
    if isinstance(value, bool) or value is None:
        return str(value).lower().replace("none", "null")
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {written(item)}' for key, item in value.items())}}}"
    return repr(value)


def _whole(value: object, least: int) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return f"must be a whole number, not {_shown(value)}"
    if value < least:
        return f"must be at least {least}, not {value}"
    return f"must be at most {LARGEST:,}" if value > LARGEST else ""


def _size(value: object) -> str:
    return _whole(value, 1)


def _sizes(value: object, least: int = 1) -> str:
    if not isinstance(value, tuple):
        return _whole(value, least)
    if not 1 <= len(value) <= 3:
        return f"must be a number, or one for each of 1 to 3 axes, not {len(value)} of them"
    return next(filter(None, (_whole(item, least) for item in value)), "")


def count(value: object) -> str:
    """A rule: a whole number, which may be 0."""
    return _whole(value, 0)


def text(value: object) -> str:
    """A rule: words."""
    return "" if isinstance(value, str) and value else f"must be text, not {_shown(value)}"


def whole_sides(value: object) -> str:
    """A rule: a number or one for each axis, which may be 0."""
    return _sizes(value, least=0)


def _padding(value: object) -> str:
    if isinstance(value, tuple) and any(isinstance(item, tuple) for item in value):
        return _pairs(value)
    if not isinstance(value, str):
        return _sizes(value, least=0)
    if value in ("same", "valid", "causal"):
        return ""
    return f"must be same, valid, causal or numbers, not {_shown(value)}"


def _pairs(value: tuple[object, ...]) -> str:
    """A rule: before and behind on each axis, [[0, 1], [0, 1]]."""
    for pair in value:
        if not isinstance(pair, tuple) or len(pair) != 2:
            return f"must be a pair [before, behind] for each axis, not {_shown(value)}"
    return next(filter(None, (_sizes(pair, least=0) for pair in value)), "")


def _norm(value: object) -> str:
    if isinstance(value, tuple) and len(value) == 2:
        type_, without = value
        return one_of(*NORMS[:-1])(type_) or one_of(*WITHOUT)(without)
    if not isinstance(value, str):
        return one_of(*NORMS)(value)
    meant = [norm for norm in NORMS if value.lower().startswith((norm, f"{norm[0]}n"))]
    return one_of(*NORMS, elsewhere={value.lower(): norm for norm in meant[:1]})(value)


def _flag(value: object) -> str:
    return "" if isinstance(value, bool) else f"must be true or false, not {_shown(value)}"


def optional(rule: Rule) -> Rule:
    """A rule that leaves out what need not be said."""
    return lambda value: "" if value is None else rule(value)


def one_of(*words: str, elsewhere: Mapping[str, str] | None = None) -> Rule:
    """A rule: the value must be one of these words; `elsewhere` has what others call them."""

    def rule(value: object) -> str:
        if value in words:
            return ""
        *most, last = words
        known = f"{', '.join(most)} or {last}" if most else last
        hint = nearest(value, words, elsewhere) if isinstance(value, str) else ""
        return f"must be {known}, not {_shown(value)}{hint}"

    return rule


def factor(value: object) -> str:
    """A rule: the value must be a positive number, whole or not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"must be a number, not {_shown(value)}"
    if not 0 < value <= LARGEST:
        return f"must be a positive number, not {_shown(value)}"
    return "" if value * LARGEST >= 1 else f"must be at least {1 / LARGEST:g}, not {_shown(value)}"


def divisor(value: object) -> str:
    """A rule: a number to divide by, at least 1."""
    complaint = factor(value)
    if complaint or not isinstance(value, int | float) or value >= 1:
        return complaint
    return f"divides, so it must be at least 1, not {value:g}; did you mean {1 / value:g}?"


NORMS = ("batch", "layer", "group", "instance", "none")
WITHOUT = ("scale", "shift", "both")
FUSED = ("none", "relu", "relu6")
"""Activations that are part of the layer before them where a network is deployed."""
ACTIVATIONS = (
    *FUSED,
    *("swish", "silu", "hard_swish", "sigmoid", "hard_sigmoid", "tanh", "gelu", "elu"),
    *("leaky_relu", "softmax", "selu", "mish", "softplus"),
)
ELSEWHERE = {
    "hswish": "hard_swish",
    "hsigmoid": "hard_sigmoid",
    "leaky": "leaky_relu",
    "linear": "none",
    "identity": "none",
}
"""What others call them."""
activation = one_of(*ACTIVATIONS, elsewhere=ELSEWHERE)
"""A rule: the name of an activation."""

RULES: dict[str, Rule] = {
    "n": _size,
    "k": _sizes,
    "stride": _sizes,
    "padding": _padding,
    "dilation": _sizes,
    "g": _size,
    "multiplier": _size,
    "bias": _flag,
    "norm": _norm,
    "activation": optional(activation),
    "depthwise_norm": optional(_norm),
    "depthwise_bias": optional(_flag),
    "depthwise_activation": optional(activation),
    "scale": _flag,
    "at_least": _size,
    "multiple_of": optional(_size),
    "type": one_of(*NORMS[:-1]),
    "without": optional(one_of(*WITHOUT)),
}
"""One rule for each word of the vocabulary, which means the same in every kind."""
