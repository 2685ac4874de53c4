"""One Keras layer as its configuration says it, and the tensors that it makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dscalc.errors import DscalcError
from dscalc.models.graph import LARGEST_SIDE, Shape
from dscalc.models.json_text import integer, mapping, shown, text
from dscalc.models.kinds import Activation, Kind, Softmax
from dscalc.models.tensorflow.run import Call, Run, Sides, axis_of

ACTIVATIONS = {
    "relu", "relu6", "sigmoid", "hard_sigmoid", "tanh", "hard_tanh", "swish", "silu",
    "hard_silu", "hard_swish", "gelu", "elu", "selu", "celu", "softplus", "softsign",
    "exponential", "leaky_relu", "mish", "log_sigmoid", "hard_shrink", "soft_shrink",
    "tanh_shrink", "threshold", "squareplus", "sparse_plus", "sparse_sigmoid",
}  # fmt: skip
LINEAR = ("", "linear")


class Layer(NamedTuple):
    """A layer in one of its calls.

    `path` is its name with those of the models around it, and names its weights: all calls of a
    layer have the same. `inputs` are in their order, `named` those given by a keyword.
    """

    kind: str
    path: str
    config: Mapping[str, Any]
    inputs: tuple[str, ...]
    named: Mapping[str, str]
    outputs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} '{self.path}'"

    @property
    def x(self) -> str:
        """The input of a layer that has one."""
        if len(self.inputs) != 1:
            raise DscalcError(f"it takes {len(self.inputs)} tensors, where one is expected")
        return self.inputs[0]

    @property
    def output(self) -> str:
        """The first, and for most layers the only, tensor that comes out."""
        return self.outputs[0]

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number from 1, or the default."""
        value = self.config.get(key)
        if value is None and default is not None:
            return default
        number = integer(value, f"'{key}'")
        if not 1 <= number <= LARGEST_SIDE:
            raise DscalcError(f"'{key}' is {number}; a number from 1 belongs here")
        return number

    def flag(self, key: str, default: bool) -> bool:
        """A flag, or the default."""
        value = self.config.get(key, default)
        if not isinstance(value, (bool, int)):
            raise DscalcError(f"'{key}' is no flag but {shown(value)}")
        return bool(value)

    def word(self, key: str, default: str) -> str:
        """A word, or the default."""
        value = self.config.get(key)
        return default if value is None else text(value, f"'{key}'")

    def sides(self, key: str, count: int, default: int | Sides) -> Sides:
        """Whole numbers from 1, one a spatial axis; one number is for all of them."""
        value = self.config.get(key)
        if value is None:
            return default if isinstance(default, tuple) else (default,) * count
        values = value if isinstance(value, list) else [value] * count
        numbers = tuple(integer(side, f"'{key}'") for side in values)
        if len(numbers) != count or not all(1 <= side <= LARGEST_SIDE for side in numbers):
            raise DscalcError(
                f"'{key}' is {list(numbers)[:20]}; {count} numbers from 1 belong here"
            )
        return numbers

    def pairs(self, key: str, count: int) -> tuple[tuple[int, int], ...]:
        """Pairs of numbers from 0, one a spatial axis: a number, numbers, or pairs in the file."""
        value = self.config.get(key, 1)
        values = value if isinstance(value, list) else [value] * count
        if count == 1 and len(values) == 2:
            values = [values]
        pairs = [side if isinstance(side, list) else [side, side] for side in values]
        found = tuple(
            (integer(p[0], f"'{key}'"), integer(p[1], f"'{key}'")) for p in pairs if len(p) == 2
        )
        if len(found) != count or any(not 0 <= n <= LARGEST_SIDE for pair in found for n in pair):
            raise DscalcError(f"'{key}' is {shown(value)}; {count} pairs of numbers belong here")
        return found

    @property
    def channels_first(self) -> bool:
        """Whether the channels stand before the positions."""
        return self.word("data_format", "channels_last") == "channels_first"

    def inner(self, part: str) -> str:
        """The name of a tensor inside of this call."""
        return f"{self.output}→{part}"

    def call(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> Call:
        """The call of a law of TensorFlow's operators, which knows the same windows."""
        return Call(op, self.kind, self.path, tuple(inputs), (output,), attributes)


def weights(run: Run, layer: Layer, part: str, shape: Sides, learned: bool = True) -> str:
    """The name of a layer's weights, which are there once however often the layer is called."""
    name = f"{layer.path}→{part}"
    tensor = run.tensors.get(name)
    if tensor is None:
        run.make(name, shape, name, learned)
    elif tensor.shape != shape or tensor.storage != name:
        raise DscalcError(f"its {part} has the shape {list(tensor.shape or ())} elsewhere")
    return name


def emit(
    run: Run, layer: Layer, kind: Kind, inputs: Sequence[str], shape: Shape, output: str = ""
) -> str:
    """An operator of a layer; returns the name of what it makes."""
    made = output or layer.output
    run.emit(layer.call("", inputs, made), kind, inputs, (shape,))
    return made


def channel_axis(layer: Layer, rank: int) -> int:
    """The axis of the channels in a map."""
    if rank < 2:
        raise DscalcError(f"it takes a map of {rank} axes")
    return 1 if layer.channels_first else rank - 1


def spatial(layer: Layer, shape: Sides, count: int) -> Sides:
    """The sides of a map that has so many spatial axes."""
    if len(shape) != count + 2:
        raise DscalcError(f"it takes {list(shape)}, where {count + 2} axes are expected")
    return shape[2:] if layer.channels_first else shape[1:-1]


def with_sides(layer: Layer, shape: Sides, sides: Sequence[int]) -> Sides:
    """A map's shape with other sides."""
    if layer.channels_first:
        return (*shape[:2], *sides)
    return (shape[0], *sides, shape[-1])


def before_activation(layer: Layer) -> str:
    """What the layer's own operator makes: the output, or what its activation takes."""
    return layer.output if activation_of(layer) in LINEAR else layer.inner("linear")


def activation_of(layer: Layer) -> str:
    """The name of a layer's activation, which may be an object with its configuration."""
    value = layer.config.get("activation")
    if isinstance(value, dict):
        inner = value.get("config")
        named = value.get("class_name") in ("function", "Function", None)
        value = inner if named and isinstance(inner, str) else value.get("class_name")
    if value is None:
        return ""
    word = text(value, "'activation'")
    snake = "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(word))
    known = {"re_lu": "relu", "leaky_re_lu": "leaky_relu", "soft_max": "softmax"}
    return known.get(snake, snake if snake.replace("_", "") != word.replace("_", "") else word)


def activate(run: Run, layer: Layer) -> None:
    """The activation behind a layer's own operator."""
    kind = activation_of(layer)
    if kind not in LINEAR:
        apply(run, layer, kind, before_activation(layer))


def apply(run: Run, layer: Layer, kind: str, x: str) -> None:
    """A function of a map, by its name in Keras."""
    shape = run.open_shape(x)
    if kind in LINEAR:
        run.same(layer.call("", (x,), layer.output), x)
    elif kind in ("softmax", "log_softmax", "sparsemax"):
        axis = axis_of(_axis(layer), len(shape))
        emit(run, layer, Softmax(axis), (x,), shape)
    elif kind in ACTIVATIONS:
        emit(run, layer, Activation(kind), (x,), shape)
    else:
        raise DscalcError(
            f"the activation '{kind}' is not one of Keras's own, so its cost is not known"
        )


def _axis(layer: Layer) -> int:
    value = layer.config.get("axis", -1)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return integer(-1 if value is None else value, "'axis'")


def layer_config(value: Any, what: str) -> tuple[str, Mapping[str, Any]]:
    """The class and the configuration of a layer inside of another."""
    raw = mapping(value, what)
    return text(raw.get("class_name"), f"the class of {what}"), mapping(raw.get("config"), what)
