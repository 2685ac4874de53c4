"""Writes small ONNX files for the tests by hand, by onnx.proto's numbers, with weights of zeros."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from tests.test_models_protobuf import field

FLOAT = 1  # TensorProto.DataType
INT, INTS = 2, 7  # AttributeProto.AttributeType
Sides = Sequence[int | str]


def node(op: str, inputs: str, output: str, **attributes: int | Sequence[int]) -> bytes:
    """A node, named after what it makes, with attributes that are whole numbers."""
    taken = b"".join(field(1, name) for name in inputs.split())
    given = b"".join(field(5, _attribute(name, value)) for name, value in attributes.items())
    return taken + field(2, output) + field(3, output) + field(4, op) + given


def _attribute(name: str, value: int | Sequence[int]) -> bytes:
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, INT)
    return field(1, name) + b"".join(field(8, one) for one in value) + field(20, INTS)


def tensor(name: str, sides: Sequence[int]) -> bytes:
    """A stored tensor of zeros."""
    dims = b"".join(field(1, side) for side in sides)
    return dims + field(2, FLOAT) + field(8, name) + field(9, b"\0" * (4 * prod(sides)))


def value(name: str, sides: Sides) -> bytes:
    """An input or output; a side that is a word is open."""
    dims = b"".join(
        field(1, field(1, side) if isinstance(side, int) else field(2, side)) for side in sides
    )
    return field(1, name) + field(2, field(1, field(1, FLOAT) + field(2, dims)))


def model(
    nodes: Sequence[bytes],
    stored: Mapping[str, Sequence[int]],
    inputs: Mapping[str, Sides],
    output: str,
    name: str = "net",
) -> bytes:
    """The bytes of a file with one graph."""
    graph = b"".join(field(1, one) for one in nodes) + field(2, name)
    graph += b"".join(field(5, tensor(*one)) for one in stored.items())
    graph += b"".join(field(11, value(*one)) for one in inputs.items())
    graph += field(12, value(output, ()))
    return field(1, 8) + field(7, graph) + field(8, field(2, 17))


class Drawn:
    """A network drawn layer by layer, each with a bias, as exports for inference have it.

    `weights`, `biases` and `mult_adds` are summed beside it, by the formulas alone.
    """

    def __init__(self, *sides: int | str, side: int = 32) -> None:
        self.inputs = {"x": sides or (1, 3, side, side)}
        self.at, self.channels, self.side = "x", 3, side
        self.nodes: list[bytes] = []
        self.stored: dict[str, tuple[int, ...]] = {}
        self.weights = self.biases = self.mult_adds = 0

    def conv(
        self, name: str, n: int, k: int = 1, stride: int = 1, groups: int = 1, relu: bool = True
    ) -> Drawn:
        """A convolution with a bias, padded as `same`, and an activation behind it."""
        shape = (n, self.channels // groups, k, k)
        self.stored |= {f"{name}.w": shape, f"{name}.b": (n,)}
        pads, strides = [k // 2] * 4, [stride] * 2
        inputs = f"{self.at} {name}.w {name}.b"
        self.add(node("Conv", inputs, name, pads=pads, strides=strides, group=groups), name)
        self.side = -(-self.side // stride)
        self.channels = n
        self.weights += prod(shape)
        self.biases += n
        self.mult_adds += prod(shape) * self.side**2
        return self.add(node("Relu", name, f"{name}/Relu"), f"{name}/Relu") if relu else self

    def depthwise(self, name: str, stride: int = 1) -> Drawn:
        return self.conv(name, self.channels, 3, stride, self.channels)

    def add(self, made: bytes, output: str) -> Drawn:
        self.nodes.append(made)
        self.at = output
        return self

    def head(self, n: int) -> Drawn:
        """Global pooling and a fully connected layer."""
        self.add(node("GlobalAveragePool", self.at, "pool"), "pool")
        self.add(node("Flatten", "pool", "flat"), "flat")
        self.stored |= {"head.w": (n, self.channels), "head.b": (n,)}
        self.weights += n * self.channels
        self.biases += n
        self.mult_adds += n * self.channels
        return self.add(node("Gemm", "flat head.w head.b", "head", transB=1), "head")

    @property
    def data(self) -> bytes:
        return model(self.nodes, self.stored, self.inputs, self.at)


def mobile(*sides: int | str, side: int = 32, wide: int = 16) -> Drawn:
    """A small MobileNet V2: a stem, three blocks of which the second adds, a head."""
    net = Drawn(*sides, side=side).conv("stem", wide, 3, stride=2)
    net.depthwise("b1/dw").conv("b1/pw", 8, relu=False)
    before = net.at
    net.conv("b2/expand", 48).depthwise("b2/dw").conv("b2/project", 8, relu=False)
    net.add(node("Add", f"{net.at} {before}", "b2/sum"), "b2/sum")
    net.conv("b3/expand", 48).depthwise("b3/dw", stride=2).conv("b3/project", 16, relu=False)
    return net.conv("last", 32).head(10)
