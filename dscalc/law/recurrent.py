"""Kinds with a state: LSTM and GRU, which read a row of positions one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from dscalc.errors import DscalcError
from dscalc.law.convolutions import Widening
from dscalc.law.fields import RULES, Rule, count
from dscalc.law.layer import Apart, Cost, Shape, Step


class Recurrent(Widening, Apart):
    """What LSTM and GRU share: [L, M] → [L, N], or [L, 2·N] both ways.

    Every gate has N · (M + N) weights, each used once a position, and `biases` biases a channel:
    2 in PyTorch, 1 in Keras' LSTM and in its GRU with `reset_after: false`.
    Source: PyTorch's torch.nn.LSTM and GRU.
    """

    gates: ClassVar[int]
    rules: ClassVar[Mapping[str, Rule]] = {
        **RULES,
        "bidirectional": RULES["bias"],
        "biases": count,
    }
    bidirectional: bool = False
    biases: int = 2

    def step(self, x: Shape, *more: Shape) -> Step:
        if len(x.sides) != 1:
            raise DscalcError(f"{self.kind} reads positions in one row, not {x}; put tokens first")
        ways = 2 if self.bidirectional else 1
        weights = ways * self.gates * self.n * (x.channels + self.n)
        cost = Cost(
            weights=weights,
            biases=ways * self.gates * self.biases * self.n,
            mult_adds=weights * x.positions,
        )
        return Step(Shape(x.sides, ways * self.n), cost, self.kind)


class Lstm(Recurrent):
    """Long short-term memory: four gates (Hochreiter & Schmidhuber 1997; Gers et al. 2000)."""

    kind: ClassVar[str] = "lstm"
    gates: ClassVar[int] = 4


class Gru(Recurrent):
    """Gated recurrent unit: three gates (Cho et al. 2014, arXiv:1406.1078)."""

    kind: ClassVar[str] = "gru"
    gates: ClassVar[int] = 3
