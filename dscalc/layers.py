"""Shape, Cost, and the kinds of layer that have weights, each with its law.

A layer's fields are its YAML keys. Its `step` takes the shapes that
come in and returns the shape that goes out together with the cost, so the two cannot disagree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import (
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    NoReturn,
    Self,
    TypeAlias,
    dataclass_transform,
)

from dscalc.errors import DscalcError, Place, Problem

LARGEST = 10**12  # of any one number that a user writes; no network comes near it
INPUT = "input"  # the name under which a network, or a block, knows what it is given

Sizes: TypeAlias = int | tuple[int, ...]
Padding: TypeAlias = str | Sizes
Rule: TypeAlias = Callable[[object], str]
Count: TypeAlias = Literal["weights", "trainable", "total"]


class Shape(NamedTuple):
    """A feature map of one example: its sides, (H, W) for an image, and its channels."""

    sides: tuple[int, ...]
    channels: int

    @property
    def positions(self) -> int:
        return math.prod(self.sides)

    def __str__(self) -> str:
        return "×".join(map(str, (*self.sides, self.channels)))


class Cost(NamedTuple):
    """What a layer costs, in exact integers; mult-adds are for one example."""

    weights: int = 0
    biases: int = 0
    norms: int = 0
    norm_statistics: int = 0
    other: int = 0
    mult_adds: int = 0

    def params(self, count: Count = "trainable") -> int:
        """Parameters as papers (`weights`), PyTorch (`trainable`) or Keras (`total`) count."""
        if count == "weights":
            return self.weights
        trainable = self.weights + self.biases + self.norms + self.other
        return trainable + self.norm_statistics if count == "total" else trainable


def add_costs(costs: Iterable[Cost]) -> Cost:
    """The sum of costs, part by part."""
    return Cost(*map(sum, zip(*costs, strict=True)))


class Step(NamedTuple):
    """What a layer makes of its input: the output shape, the cost, and the kind by its law."""

    output: Shape
    cost: Cost
    kind: str


class Node(NamedTuple):
    """A layer with a name and the names of the nodes, or INPUT, whose outputs it takes.

    `places` says where in a file the layer ("") and each of its keys stand.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    places: Mapping[str, Place] | None = None

    @property
    def line(self) -> int | None:
        return self.places[""].line if self.places else None


def round_to_multiple(value: float, divisor: int, least: int | None = None) -> int:
    """The nearest multiple of `divisor` that keeps at least 90 % of `value`.

    Source: `_make_divisible` of TensorFlow's models/research/slim/nets/mobilenet and torchvision.
    """
    rounded = max(least or divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


# ---------------------------------------------------------------- rules of the single fields


def _shown(value: object) -> str:
    """The value as an error quotes it, never longer than a line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _whole(value: object, least: int) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return f"must be a whole number, not {_shown(value)}"
    if value < least:
        return f"must be at least {least}, not {value}"
    return f"must be at most {LARGEST:,}" if value > LARGEST else ""


def _size(value: object) -> str:
    return _whole(value, 1)


def _count(value: object) -> str:
    return _whole(value, 0)


def _sizes(value: object, least: int = 1) -> str:
    if not isinstance(value, tuple):
        return _whole(value, least)
    if not 1 <= len(value) <= 3:
        return f"must be a number, or one for each of 1 to 3 axes, not {len(value)} of them"
    return next(filter(None, (_whole(item, least) for item in value)), "")


def _padding(value: object) -> str:
    if not isinstance(value, str):
        return _sizes(value, least=0)
    return (
        "" if value in ("same", "valid") else f"must be same, valid or numbers, not {_shown(value)}"
    )


def _flag(value: object) -> str:
    return "" if isinstance(value, bool) else f"must be true or false, not {_shown(value)}"


def optional(rule: Rule) -> Rule:
    """A rule that leaves out what need not be said."""
    return lambda value: "" if value is None else rule(value)


def one_of(*words: str) -> Rule:
    """A rule: the value must be one of these words."""
    return lambda value: (
        "" if value in words else f"must be {' or '.join(words)}, not {_shown(value)}"
    )


def factor(value: object) -> str:
    """A rule: the value must be a positive number, whole or not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"must be a number, not {_shown(value)}"
    if not 0 < value <= LARGEST:
        return f"must be a positive number, not {_shown(value)}"
    return "" if value * LARGEST >= 1 else f"must be at least {1 / LARGEST:g}, not {_shown(value)}"


NORMS = ("batch", "layer", "none")

RULES: dict[str, Rule] = {
    "n": _size,
    "k": _sizes,
    "stride": _sizes,
    "padding": _padding,
    "dilation": _sizes,
    "g": _size,
    "multiplier": _size,
    "bias": _flag,
    "norm": one_of(*NORMS),
    "depthwise_norm": optional(one_of(*NORMS)),
    "scale": _flag,
    "at_least": _size,
    "less": _count,
    "type": one_of(*NORMS[:2]),
}
"""One rule for each word of the vocabulary, which means the same in every kind."""


@dataclass_transform(frozen_default=True)
class Layer:
    """What every kind shares: a name in YAML, and fields, checked when made and then fixed.

    A subclass's annotated attributes are its fields, as in a dataclass; unlike one it is made
    without generating code, which for twenty kinds would take a tenth of every start. `joins`
    says that a kind takes several inputs; `rules` has a rule for each field.
    """

    kind: ClassVar[str]
    joins: ClassVar[bool] = False
    rules: ClassVar[Mapping[str, Rule]] = RULES
    fields: ClassVar[tuple[str, ...]] = ()
    positional: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, *, kw_only: bool = False) -> None:
        own = [name for name, of in cls.__annotations__.items() if not of.startswith("ClassVar")]
        bases = cls.__bases__[::-1]
        cls.fields = tuple(dict.fromkeys([n for b in bases for n in vars(b)["fields"]] + own))
        inherited = [name for base in bases for name in vars(base)["positional"]]
        cls.positional = tuple(dict.fromkeys(inherited + ([] if kw_only else own)))
        cls.defaults = {name: getattr(cls, name) for name in cls.fields if hasattr(cls, name)}

    def __init__(self, *values: Any, **named: Any) -> None:
        given = {**self.defaults, **dict(zip(self.positional, values, strict=False)), **named}
        twice = not named.keys().isdisjoint(self.positional[: len(values)])
        if twice or len(given) != len(self.fields) or len(values) > len(self.positional):
            expected = ", ".join(self.fields)
            raise TypeError(f"{type(self).__name__}({expected}) cannot be made of {given}")
        vars(self).update(given)
        if any(self.rules[key](value) for key, value in given.items()):
            found = ((key, self.rules[key](value)) for key, value in given.items())
            raise DscalcError(*(Problem(f"{key} {what}", key) for key, what in found if what))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} cannot be changed; make another one")

    __delattr__ = __setattr__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={value!r}" for key, value in vars(self).items())
        return f"{type(self).__name__}({shown})"

    def replaced(self, **changes: object) -> Self:
        """A copy with some fields changed, which alone are checked again."""
        for key, value in changes.items():
            if self.rules[key](value):
                raise DscalcError(Problem(f"{key} {self.rules[key](value)}", key))
        copy = object.__new__(type(self))
        vars(copy).update(vars(self), **changes)
        return copy

    def step(self, x: Shape, *more: Shape) -> Step:
        """The output shape and the cost on the input `x`; kinds that join take `more`."""
        raise NotImplementedError(self.kind)

    def as_standard(self) -> Layer:
        """The standard convolution that this layer replaces; the layer itself if it does not."""
        return self

    def as_separable(self) -> Layer:
        """The separable convolution that could replace this layer; itself if none could."""
        return self

    def widened(self, scaled: Callable[[int], int]) -> Layer:
        """This layer at a width multiplier; `scaled` maps its channels to α times as many."""
        return self

    def repeated(self) -> Layer:
        """What every copy but the first is: a stride belongs to the first of equal layers."""
        return self


# ---------------------------------------------------------------- the law of the window


def per_axis(value: Sizes, axes: int, key: str) -> tuple[int, ...]:
    """One number for each axis, from one for all or one for each."""
    if isinstance(value, int):
        return (value,) * axes
    if len(value) != axes:
        message = f"{key} has {len(value)} numbers, the number of axes is {axes}"
        raise DscalcError(Problem(message, key))
    return value


def slide(
    side: int, k: int, stride: int, padding: int, dilation: int = 1, ceil: bool = False
) -> int:
    """How many positions a window of side `k` takes along a padded side.

    D_G = floor((D_F + 2p − d·(D_K − 1) − 1) / s) + 1. With `ceil` a window may hang over the
    end as long as it starts inside (PyTorch's ceil_mode).
    """
    room = side + 2 * padding - dilation * (k - 1) - 1
    if room < 0:
        raise DscalcError(
            Problem(
                f"a kernel of {dilation * (k - 1) + 1} is larger than its padded input "
                f"of {side + 2 * padding}",
                "k",
            )
        )
    if not ceil:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= side + padding else count


def output_sides(
    sides: tuple[int, ...],
    k: tuple[int, ...],
    stride: Sizes,
    padding: Padding,
    dilation: Sizes = 1,
    ceil: bool = False,
) -> tuple[int, ...]:
    """D_G along every axis; ceil(D_F / s) with padding "same"."""
    axes = len(sides)
    strides = per_axis(stride, axes, "stride")
    dilations = per_axis(dilation, axes, "dilation")
    if padding == "same":
        return tuple([-(-side // s) for side, s in zip(sides, strides, strict=True)])
    pads = (0,) * axes if isinstance(padding, str) else per_axis(padding, axes, "padding")
    windows = zip(sides, k, strides, pads, dilations, strict=True)
    return tuple([slide(*window, ceil=ceil) for window in windows])


def _norm_cost(norm: str, channels: int) -> tuple[int, int]:
    """Trainable scale and shift, and running statistics, of a norm over `channels`."""
    if norm == "none":
        return 0, 0
    return 2 * channels, 2 * channels if norm == "batch" else 0


def require_axes(kind: str, x: Shape) -> None:
    """Raises DscalcError where a window has no feature map to slide over."""
    if not x.sides:
        raise DscalcError(f"{kind} needs a feature map with sides, and gets {x.channels} values")


def _convolution_kind(k: tuple[int, ...], g: int, m: int) -> str:
    if g > 1:
        return "depthwise" if g == m else "group"
    return "pointwise" if max(k) == 1 else "conv"


def convolve(
    x: Shape,
    n: int,
    k: Sizes = 1,
    stride: Sizes = 1,
    padding: Padding = "same",
    dilation: Sizes = 1,
    g: int = 1,
    bias: bool = False,
    norm: str = "none",
) -> Step:
    """The law of every convolution: N · (M / G) · ∏ D_K weights, each used ∏ D_G times."""
    sides, m = x
    if m % g:
        raise DscalcError(Problem(f"g={g} does not divide the {m} input channels", "g"))
    if n % g:
        raise DscalcError(Problem(f"g={g} does not divide n={n}", "g"))
    require_axes("a convolution", x)
    kernel = per_axis(k, len(sides), "k")
    output = output_sides(sides, kernel, stride, padding, dilation)
    weights = n * (m // g) * math.prod(kernel)
    norms, statistics = _norm_cost(norm, n)
    mult_adds = weights * math.prod(output)
    cost = Cost(weights, n if bias else 0, norms, statistics, 0, mult_adds)
    return Step(Shape(output, n), cost, _convolution_kind(kernel, g, m))


# ---------------------------------------------------------------- kinds with weights


class Widening(Layer):
    """A layer with `n` output channels, which α scales.

    `scale: false` keeps `n` from α, `at_least` bounds it from below after α.
    """

    n: int
    scale: bool = True
    at_least: int = 1

    def widened(self, scaled: Callable[[int], int]) -> Layer:
        return self.replaced(n=max(scaled(self.n), self.at_least)) if self.scale else self


WINDOW = ("k", "stride", "padding", "dilation")
"""The fields that place a convolution's window on the map."""

SHARED = (*WINDOW, "n", "scale", "at_least", "bias", "norm")
"""The fields that a standard and a separable convolution have in common."""


class Convolution(Layer, kw_only=True):
    """The keys that the wide convolutions share.

    `k`, `stride`, `dilation`: a number, or one for each axis. `padding`: same, valid or numbers.
    """

    k: Sizes = 3
    stride: Sizes = 1
    padding: Padding = "same"
    dilation: Sizes = 1
    bias: bool = False
    norm: str = "none"

    def repeated(self) -> Self:
        return self.replaced(stride=1)


class Remaining(Widening):
    """A layer whose `n` counts `less` channels that stand beside its own in a concat.

    Both scale with α by themselves, as where a framework computes "out − in" channels.
    """

    less: int = 0

    @property
    def channels(self) -> int:
        """The channels that the layer itself puts out."""
        if self.less >= self.n:
            raise DscalcError(Problem(f"less={self.less} leaves no channel of n={self.n}", "less"))
        return self.n - self.less

    def widened(self, scaled: Callable[[int], int]) -> Layer:
        wide = super().widened(scaled)
        return wide.replaced(less=scaled(self.less)) if self.less and self.scale else wide


class Conv(Remaining, Convolution):
    """A standard convolution to `n` channels, or a group convolution with `g` > 1.

    [..., M] → [..., N]; N · (M / G) · ∏ D_K weights (Howard et al. 2017, eq. 2).
    """

    kind: ClassVar[str] = "conv"
    g: int = 1

    def step(self, x: Shape, *more: Shape) -> Step:
        return convolve(
            x,
            n=self.channels,
            k=self.k,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            g=self.g,
            bias=self.bias,
            norm=self.norm,
        )

    def as_separable(self) -> Layer:
        if self.g > 1 or self.is_pointwise:
            return self
        return Separable(**{key: getattr(self, key) for key in SHARED} | {"n": self.channels})

    @property
    def is_pointwise(self) -> bool:
        """Whether the window is a single position."""
        return self.k == 1 if isinstance(self.k, int) else max(self.k) == 1


class Depthwise(Convolution):
    """One filter for each input channel, or `multiplier` of them (G = M, N = multiplier · M).

    Howard et al. 2017, eq. 4.
    """

    kind: ClassVar[str] = "depthwise"
    multiplier: int = 1

    def step(self, x: Shape, *more: Shape) -> Step:
        output, cost, _ = convolve(
            x,
            n=self.multiplier * x.channels,
            k=self.k,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            g=x.channels,
            bias=self.bias,
            norm=self.norm,
        )
        return Step(output, cost, self.kind)


class Pointwise(Remaining):
    """A 1×1 convolution to `n` channels."""

    kind: ClassVar[str] = "pointwise"
    stride: Sizes = 1
    g: int = 1
    bias: bool = False
    norm: str = "none"

    def repeated(self) -> Self:
        return self.replaced(stride=1)

    def step(self, x: Shape, *more: Shape) -> Step:
        return convolve(
            x, n=self.channels, stride=self.stride, g=self.g, bias=self.bias, norm=self.norm
        )


class ConvTranspose(Widening, Convolution):
    """A transposed convolution to `n` channels, which enlarges by its stride.

    Every input position is used once by each weight, so mult-adds are weights · ∏ D_F. The sides
    become s·D_F with padding same, else (D_F − 1)·s − 2p + d·(D_K − 1) + 1 (PyTorch).
    """

    kind: ClassVar[str] = "conv_transpose"
    g: int = 1

    def step(self, x: Shape, *more: Shape) -> Step:
        enlarged = Shape(self._sides(x), self.n)
        # Its weights are those of the convolution that goes the other way, over D_F positions.
        cost = convolve(x, self.n, self.k, g=self.g, bias=self.bias, norm=self.norm).cost
        return Step(enlarged, cost, self.kind)

    def _sides(self, x: Shape) -> tuple[int, ...]:
        require_axes("a transposed convolution", x)
        axes = len(x.sides)
        strides = per_axis(self.stride, axes, "stride")
        kernel = per_axis(self.k, axes, "k")
        dilations = per_axis(self.dilation, axes, "dilation")
        if self.padding == "same":
            return tuple(side * s for side, s in zip(x.sides, strides, strict=True))
        valid = isinstance(self.padding, str)
        pads = per_axis(0 if valid else self.padding, axes, "padding")  # type: ignore[arg-type]
        windows = zip(x.sides, strides, pads, kernel, dilations, strict=True)
        sides = tuple((d - 1) * s - 2 * p + dil * (k - 1) + 1 for d, s, p, k, dil in windows)
        if min(sides) < 1:
            raise DscalcError(Problem(f"padding leaves no output of the input {x}", "padding"))
        return sides


class Linear(Widening):
    """A fully connected layer on the channels of every position: [..., M] → [..., N].

    M · N weights, each used once a position. α leaves it alone unless `scale` is true.
    """

    kind: ClassVar[str] = "linear"
    scale: bool = False
    bias: bool = False

    def step(self, x: Shape, *more: Shape) -> Step:
        weights = x.channels * self.n
        mult_adds = weights * x.positions
        cost = Cost(weights, self.n if self.bias else 0, mult_adds=mult_adds)
        return Step(Shape(x.sides, self.n), cost, self.kind)


class Norm(Layer):
    """Batch or layer norm: 2 trainable parameters a channel; batch norm has 2 statistics more."""

    kind: ClassVar[str] = "norm"
    type: str = "batch"

    def step(self, x: Shape, *more: Shape) -> Step:
        norms, statistics = _norm_cost(self.type, x.channels)
        return Step(x, Cost(norms=norms, norm_statistics=statistics), self.kind)


class LayerScale(Layer):
    """One learned factor a channel, which counts as neither weight, bias nor norm (`other`).

    Liu et al. 2022 (ConvNeXt), arXiv:2201.03545.
    """

    kind: ClassVar[str] = "layer_scale"

    def step(self, x: Shape, *more: Shape) -> Step:
        return Step(x, Cost(other=x.channels), self.kind)


# ---------------------------------------------------------------- layers made of layers


class Block(Layer):
    """A kind whose law is a small network of other kinds."""

    def body(self, x: Shape) -> tuple[Node, ...]:
        """The layers that the block stands for on the input `x`; the last one is its output."""
        raise NotImplementedError(self.kind)


class Separable(Block, Widening, Convolution):
    """A depthwise separable convolution: depthwise, then pointwise to `n` channels.

    Howard et al. 2017, eq. 5. Bias and norm stand behind both, unless `depthwise_norm` differs.
    """

    kind: ClassVar[str] = "separable"
    multiplier: int = 1
    depthwise_norm: str | None = None

    def as_standard(self) -> Layer:
        return Conv(**{key: getattr(self, key) for key in SHARED})

    def body(self, x: Shape) -> tuple[Node, ...]:
        return _separable_body(self)


@lru_cache(maxsize=4096)
def _separable_body(layer: Separable) -> tuple[Node, ...]:
    depthwise = Depthwise(
        multiplier=layer.multiplier,
        k=layer.k,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        bias=layer.bias,
        norm=layer.depthwise_norm or layer.norm,
    )
    pointwise = Pointwise(layer.n, bias=layer.bias, norm=layer.norm)
    return Node("depthwise", depthwise, (INPUT,)), Node("pointwise", pointwise, ("depthwise",))
