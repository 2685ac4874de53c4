"""The record that kinds are made of, and what it is asked for: Shape, Cost, Step, Node, Layer.

A layer's fields are its YAML keys. Its `step` takes the shapes that
come in and returns the shape that goes out together with the cost, so the two cannot disagree.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import (
    TYPE_CHECKING,
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
from dscalc.law.fields import RULES, Rule

if TYPE_CHECKING:
    from dscalc.law.rows import Row

INPUT = "input"  # the name under which a network, or a block, knows what it is given

Count: TypeAlias = Literal["weights", "trainable", "total", "folded"]
COUNTS: tuple[Count, ...] = ("weights", "trainable", "total", "folded")


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
        """Parameters as papers (`weights`), PyTorch (`trainable`) or Keras (`total`) count.

        `folded` is for the costs of a report in which norms are folded (`analysis.folding`).
        """
        if count == "weights":
            return self.weights
        if count == "folded" and self.norm_statistics:
            raise ValueError("these are costs before norms are folded")
        trainable = self.weights + self.biases + self.norms + self.other
        return trainable + self.norm_statistics if count == "total" else trainable


def add_costs(costs: Iterable[Cost]) -> Cost:
    """The sum of costs, part by part."""
    return Cost(*map(sum, zip(*costs, strict=True)))


class Step(NamedTuple):
    """What a layer makes of its input: the output shape, the cost, and the kind by its law.

    `parts` are the rows of the layers that a block consists of.
    """

    output: Shape
    cost: Cost
    kind: str
    parts: tuple[Row, ...] = ()


class Node(NamedTuple):
    """A layer with a name and the names of the nodes, or INPUT, whose outputs it takes.

    `places` says where in a file the layer ("") and each of its keys stand; `shared` names the
    earlier node whose parameters it has.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    places: Mapping[str, Place] | None = None
    shared: str = ""

    @property
    def line(self) -> int | None:
        return self.places[""].line if self.places else None


@dataclass_transform(frozen_default=True)
class Layer:
    """What every kind shares: a name in YAML, and fields, checked when made and then fixed.

    A subclass's annotated attributes are its fields, as in a dataclass; unlike one it is made
    without generating code, which for twenty kinds would take a tenth of every start. `joins`
    says that a kind takes several inputs, `wide` which fields are channels that α scales, `strided`
    that of equal layers one after the other only the first has its stride, `exclusive` which two
    fields contradict each other; `rules` has a rule for each field.
    """

    kind: ClassVar[str]
    joins: ClassVar[bool] = False
    wide: ClassVar[tuple[str, ...]] = ()
    strided: ClassVar[bool] = False
    exclusive: ClassVar[tuple[tuple[str, str], ...]] = ()
    rules: ClassVar[Mapping[str, Rule]] = RULES
    fields: ClassVar[tuple[str, ...]] = ()
    positional: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[dict[str, Any]] = {}
    required: ClassVar[frozenset[str]] = frozenset()
    unset: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, *, kw_only: bool = False) -> None:
        own = [name for name, of in cls.__annotations__.items() if "ClassVar" not in str(of)]
        bases = cls.__bases__[::-1]
        cls.fields = tuple(dict.fromkeys([n for b in bases for n in vars(b)["fields"]] + own))
        inherited = [name for base in bases for name in vars(base)["positional"]]
        cls.positional = tuple(dict.fromkeys(inherited + ([] if kw_only else own)))
        cls.defaults = {name: getattr(cls, name) for name in cls.fields if hasattr(cls, name)}
        cls.required = frozenset(cls.fields) - cls.defaults.keys()
        cls.unset = {name: cls.defaults.get(name) for name in cls.fields}

    def __init__(self, *values: Any, **named: Any) -> None:
        given = {**dict(zip(self.positional, values, strict=False)), **named}
        own = {**self.unset, **given}
        if (
            len(own) != len(self.fields)
            or len(given) != len(values) + len(named)
            or (not self.required <= given.keys())
        ):
            raise TypeError(self._misfit(values, named))
        both = [pair for pair in self.exclusive if named.keys() >= set(pair)]
        if both:
            raise DscalcError(*(Problem(f"say {one} or {other}, not both", other)
                                for one, other in both))  # fmt: skip
        vars(self).update(own)
        found = [(key, what) for key, value in given.items() if (what := self.rules[key](value))]
        if found:
            raise DscalcError(*(Problem(f"{key} {what}", key) for key, what in found))

    def _misfit(self, values: tuple[Any, ...], named: Mapping[str, Any]) -> str:
        """Which fields are missing, unknown or given twice."""
        given = {*self.defaults, *self.positional[: len(values)], *named}
        missing = [name for name in self.fields if name not in given]
        unknown = [name for name in named if name not in self.fields]
        twice = not named.keys().isdisjoint(self.positional[: len(values)])
        what = "a field is given twice" if twice else "too many values"
        if missing or unknown:
            parts = [f"{name} is missing" for name in missing]
            what = ", ".join([*parts, *(f"there is no {name}" for name in unknown)])
        return f"{type(self).__name__}({', '.join(self.fields)}): {what}"

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

    @property
    def apart(self) -> bool:
        """Whether sides and channels keep apart in its law, as in `Apart`; else they may mix."""
        return False

    def as_standard(self) -> Layer:
        """The standard convolution that this layer replaces; the layer itself if it does not."""
        return self

    def as_separable(self) -> Layer:
        """The separable convolution that could replace this layer; itself if none could."""
        return self


class Apart(Layer):
    """A kind in whose law sides and channels keep apart.

    The sides that go out follow from those that come in, without `wide` fields; channels and
    parameters follow from channels; every weight is used as many times as the sides say. A block
    consists of the same layers whatever the sides are.
    """

    @property
    def apart(self) -> bool:
        return True


class Block(Layer):
    """A kind whose law is a small network of other kinds."""

    @property
    def given(self) -> tuple[str, ...]:
        """The names under which the body knows what comes in."""
        return (INPUT,)

    def body(self, x: Shape, *more: Shape) -> tuple[Node, ...]:
        """The layers that the block stands for on what comes in; the last one is its output."""
        raise NotImplementedError(self.kind)


class Compared(NamedTuple):
    """Two maps of equal channels, the first a residual's, that were compared by their sides.

    `strided` says that a stride stands between them, which counts on maps of one position.
    """

    before: str
    after: str
    strided: bool


class Like(NamedTuple):
    """A layer that was given the sides of another one's map."""

    name: str
    other: str


class Projected(NamedTuple):
    """Two maps, the first a residual's, between which a projection has the stride they need."""

    before: str
    after: str


BySides: TypeAlias = Compared | Like | Projected
"""What decides by the sides of maps which layers a list has."""


class Composite(Block, Apart):
    """A block that a file defines, as it was laid out for one input: layers and what they give.

    `of` is its name, `inputs` what its layers call what comes in, `outputs` the maps that go out,
    of which some may be what came in; without any that is what the last layer makes. `by_sides` is
    what decided by sides which layers there are.
    """

    kind: ClassVar[str] = "block"
    joins: ClassVar[bool] = True
    rules: ClassVar[Mapping[str, Rule]] = dict.fromkeys(
        ("of", "nodes", "inputs", "outputs", "by_sides"), lambda value: ""
    )
    of: str
    nodes: tuple[Node, ...]
    inputs: tuple[str, ...] = (INPUT,)
    outputs: tuple[str, ...] = ()
    by_sides: tuple[BySides, ...] = ()

    @property
    def given(self) -> tuple[str, ...]:
        return self.inputs

    def body(self, x: Shape, *more: Shape) -> tuple[Node, ...]:
        return self.nodes
