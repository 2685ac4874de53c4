"""One convolution compared: standard, group, depthwise, pointwise, separable, at α and ρ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dscalc.errors import DscalcError
from dscalc.law.convolutions import Conv, Convolution, Depthwise, Separable
from dscalc.law.fields import RULES, Padding, Sizes
from dscalc.law.layer import INPUT, Layer, Node, Shape
from dscalc.law.network import Network, measure
from dscalc.law.rewrite import check_multipliers, scale
from dscalc.law.rows import Row
from dscalc.law.width import Width
from dscalc.law.window import per_axis


class Question(NamedTuple):
    """A convolution of `m` channels on a map of sides `df`; None where no size is given.

    `conv` is what was asked, groups included; `multiplier` belongs to its separable form.
    """

    conv: Conv
    m: int
    df: tuple[int, ...] | None = None
    dims: int = 2
    multiplier: int = 1


def ask(
    *,
    m: int,
    n: int,
    df: Sizes | None = None,
    dims: int | None = None,
    multiplier: int = 1,
    k: Sizes = 3,
    g: int = 1,
    stride: Sizes = 1,
    padding: Padding = "same",
    dilation: Sizes = 1,
    bias: bool = False,
) -> Question:
    """The question about one convolution, its numbers checked; `df`, `k`, … one for each axis.

    Raises DscalcError with every number that is out of range, or where axes disagree.
    """
    given: dict[str, Any] = {"m": m, "n": n, "df": df, "multiplier": multiplier, "k": k, "g": g}
    given |= {"stride": stride, "padding": padding, "dilation": dilation}
    rules = {**RULES, "m": RULES["n"], "df": RULES["k"]}
    problems = [
        f"{key} {rules[key](value)}"
        for key, value in given.items()
        if value is not None and rules[key](value)
    ]
    if problems:
        raise DscalcError(*problems)
    axes = _axes(dims, given)
    conv = Conv(n, k=k, g=g, stride=stride, padding=padding, dilation=dilation, bias=bias)
    sides = None if df is None else per_axis(df, axes, "df")
    return Question(conv, m, sides, axes, multiplier)


def _axes(dims: int | None, given: Mapping[str, Any]) -> int:
    """The number of axes: as told, else as many as the longest value has numbers, else 2."""
    lengths = [len(value) for value in given.values() if isinstance(value, tuple)]
    axes = dims if dims is not None else max(lengths, default=2)
    if axes not in (1, 2, 3):
        raise DscalcError(f"dims must be 1, 2 or 3, not {axes}")
    for key in ("df", "k", "stride", "padding", "dilation"):
        if isinstance(given[key], tuple):
            per_axis(given[key], axes, key)
    return axes


class Variant(NamedTuple):
    """One form of the convolution, measured; without a map, over a single output position.

    The ratios are to the unscaled standard convolution.
    """

    kind: str
    alpha: float
    rho: float
    layer: Layer
    row: Row
    params_ratio: float
    mult_adds_ratio: float


def compare_layer(question: Question, alpha: float = 1.0, rho: float = 1.0) -> list[Variant]:
    """The forms of a convolution; the first is the unscaled standard one, which ratios refer to.

    Where α or ρ scales it, the unscaled forms come first, then α alone, then both, as in Table 3
    of Howard et al. 2017. M and N become α·M and α·N by floor, and at least 1.
    Raises DscalcError where the numbers do not fit each other.
    """
    check_multipliers(alpha, rho)
    if question.df is None and rho != 1.0:
        raise DscalcError("ρ scales the feature map; say its side D_F too")
    stages = dict.fromkeys([(1.0, 1.0), (alpha, 1.0), (alpha, rho)])
    found: list[Variant] = []
    for stage in stages:
        forms = _measured_forms(question, *stage)
        if stage != (alpha, rho):
            forms = [form for form in forms if form[0] not in ("depthwise", "pointwise")]
        if found:
            forms = [form for form in forms if form[0] != "standard" or stage == (alpha, rho)]
        for kind, layer, row in forms:
            base = found[0].row.cost if found else row.cost
            ratios = row.cost.params() / base.params(), row.cost.mult_adds / base.mult_adds
            found.append(Variant(kind, *stage, layer, row, *ratios))
    return found


def _measured_forms(question: Question, alpha: float, rho: float) -> list[tuple[str, Layer, Row]]:
    """Every form at one α and ρ, a separable one's two parts before it."""
    measured = []
    for kind, form in _forms(question):
        network = _scaled(_network_of(kind, form, question), alpha, rho)
        (row,) = measure(network).rows
        measured += [(part.name, part.layer, part) for part in row.parts]
        measured.append((kind, row.layer, row))
    return measured


def _forms(question: Question) -> list[tuple[str, Convolution]]:
    conv = question.conv
    window: dict[str, Any] = {
        "k": conv.k,
        "stride": conv.stride,
        # Over a single position no window fits; the cost of a position knows no padding.
        "padding": conv.padding if question.df else "same",
        "dilation": conv.dilation,
        "bias": conv.bias,
    }
    group: Convolution = Conv(conv.n, g=conv.g, **window)
    if conv.g == question.m and conv.n % question.m == 0:
        group = Depthwise(conv.n // question.m, **window)  # its groups follow M under α
    separable = Separable(conv.n, multiplier=question.multiplier, **window)
    forms = [("standard", Conv(conv.n, **window)), ("group", group), ("separable", separable)]
    return [form for form in forms if form[0] != "group" or conv.g > 1]


def _network_of(kind: str, layer: Layer, question: Question) -> Network:
    sides = question.df or (1,) * question.dims
    nodes = (Node(kind, layer, (INPUT,)),)
    return Network(kind, Shape(sides, question.m), nodes, Width(min=1))


def _scaled(network: Network, alpha: float, rho: float) -> Network:
    """Scaled as if the layer stood inside a network: its input channels by α as well."""
    if alpha != 1.0:
        sides, m = network.input
        network = network._replace(input=Shape(sides, network.width.scaled(m, alpha)))
    return scale(network, alpha=alpha, rho=rho)
