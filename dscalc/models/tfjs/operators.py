"""TensorFlow's operators by name, as calls: the attributes of GraphDef in one form.

The attributes are those of https://www.tensorflow.org/api_docs/python/tf/raw_ops; how their JSON
looks is protobuf's (AttrValue): numbers in strings, bytes in base64.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dscalc.errors import DscalcError
from dscalc.models.json_text import integer, mapping, sequence, text
from dscalc.models.tensorflow.run import Call


class Attributes(NamedTuple):
    """The attributes of a node."""

    raw: Mapping[str, Any]

    def one(self, key: str, part: str) -> Any:
        """The part of an attribute that says its type ("i", "b", "s", "shape"); none without it."""
        value = self.raw.get(key)
        return None if value is None else mapping(value, f"'{key}'").get(part)

    def number(self, key: str, default: int = 0) -> int:
        """A whole number."""
        value = self.one(key, "i")
        return default if value is None else integer(value, f"'{key}'")

    def flag(self, key: str) -> bool:
        """A flag, false where it is not set."""
        return self.one(key, "b") is True

    def word(self, key: str, default: str = "") -> str:
        """Text."""
        value = self.one(key, "s")
        return default if value is None else decoded(value, key)

    def list(self, key: str, part: str) -> list[Any]:
        """A list of numbers ("i") or texts ("s")."""
        value = self.one(key, "list")
        entries = None if value is None else mapping(value, f"'{key}'").get(part)
        return [] if entries is None else sequence(entries, f"'{key}'")

    def numbers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers."""
        return tuple(integer(value, f"'{key}'") for value in self.list(key, "i"))

    def words(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(decoded(value, key) for value in self.list(key, "s"))


def decoded(value: Any, key: str) -> str:
    """Bytes as protobuf's JSON has them, in base64; an older converter wrote a list of numbers."""
    if isinstance(value, list) and all(isinstance(byte, int) for byte in value):
        return "".join(chr(byte & 0xFF) for byte in value)
    try:
        raw = binascii.a2b_base64(text(value, f"'{key}'").encode(), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        raise DscalcError(f"'{key}' is no base64") from None
    return raw.decode("utf-8", "backslashreplace")


Adapter = Callable[[Call, Attributes], Call]


def _plain(call: Call, attributes: Attributes) -> Call:
    return call


def _set(call: Call, **values: Any) -> Call:
    return call._replace(attributes={**call.attributes, **values})


def _window(call: Call, attributes: Attributes, key: str = "strides") -> Call:
    """Strides, dilations, padding and layout, and a pool's window."""
    layout = attributes.word("data_format", "NHWC")
    first = layout.startswith("NC")
    padding: Any = attributes.word("padding", "VALID")
    if padding == "EXPLICIT":
        flat = attributes.numbers("explicit_paddings")
        padding = _spatial(tuple(zip(flat[::2], flat[1::2], strict=False)), first)
    values: dict[str, Any] = {"padding": padding, "channels_first": first}
    for name, theirs in (("strides", key), ("dilations", "dilations"), ("kernel", "ksize")):
        if numbers := attributes.numbers(theirs):
            values[name] = _spatial(numbers, first)
    return _set(call, **values)


def _spatial(values: tuple[Any, ...], first: bool) -> tuple[Any, ...]:
    """The values of the spatial axes, of one for each axis."""
    return values[2:] if first else values[1:-1]


def _filter(letters: str) -> Adapter:
    return lambda call, attributes: _set(_window(call, attributes), filter=letters)


def _fused(inner: Adapter) -> Adapter:
    """An operator with a bias and an activation in it, as the converter makes them."""

    def adapt(call: Call, attributes: Attributes) -> Call:
        call = inner(call, attributes)
        steps = list(attributes.words("fused_ops"))
        inputs = [*call.inputs[:2], ""]
        rest = list(call.inputs[2:])
        if steps[:1] == ["BiasAdd"]:
            inputs[2] = rest.pop(0) if rest else ""
            steps.pop(0)
        if len(steps) > 1 or steps[:1] == ["FusedBatchNorm"]:
            raise DscalcError(f"it is fused with {', '.join(steps)}, which is not read")
        values: dict[str, Any] = {"activation": steps[0].lower() if steps else ""}
        if steps == ["Prelu"]:
            values["slope"] = rest.pop(0) if rest else ""
        return _set(call._replace(inputs=tuple(inputs)), **values)

    return adapt


def _matmul(call: Call, attributes: Attributes) -> Call:
    flags = {key: attributes.flag(key) for key in ("transpose_a", "transpose_b")}
    turned = {"transpose_a": attributes.flag("adj_x"), "transpose_b": attributes.flag("adj_y")}
    return _set(call, **{key: flags[key] or turned[key] for key in flags})


def _axis(key: str, default: int = 0) -> Adapter:
    return lambda call, attributes: _set(call, axis=attributes.number(key, default))


def _axis_input(index: int) -> Adapter:
    """The axis is the last input (-1) or the first (0): the reader puts its number in."""

    def adapt(call: Call, attributes: Attributes) -> Call:
        if not call.inputs:
            return call
        rest = call.inputs[1:] if index == 0 else call.inputs[:-1]
        return _set(call._replace(inputs=rest), axis_input=call.inputs[index])

    return adapt


def _gather(call: Call, attributes: Attributes) -> Call:
    values: dict[str, Any] = {"batch_dims": attributes.number("batch_dims")}
    if len(call.inputs) > 2:
        values["axis_input"] = call.inputs[2]
    return _set(call._replace(inputs=call.inputs[:2]), **values)


def _squeeze(call: Call, attributes: Attributes) -> Call:
    return _set(call, axes=attributes.numbers("squeeze_dims") or attributes.numbers("axis"))


def _reduce(call: Call, attributes: Attributes) -> Call:
    return _set(call, keep=attributes.flag("keep_dims"))


def _masks(call: Call, attributes: Attributes) -> Call:
    names = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask")
    masks = {name: attributes.number(name) for name in (*names, "shrink_axis_mask")}
    return _set(call, **masks)


def _block(call: Call, attributes: Attributes) -> Call:
    first = attributes.word("data_format", "NHWC") != "NHWC"
    return _set(call, block=(attributes.number("block_size"),), channels_first=first)


def _layout(call: Call, attributes: Attributes) -> Call:
    return _set(call, channels_first=attributes.word("data_format", "NHWC").startswith("NC"))


def _equation(call: Call, attributes: Attributes) -> Call:
    return _set(call, equation=attributes.word("equation"))


# TensorFlow's name: (the law's name, what brings the attributes over). What is not here has the
# law of its own name and no attributes.
OPERATORS: dict[str, tuple[str, Adapter]] = {
    "Conv2D": ("Conv", _filter("HWIO")),
    "_FusedConv2D": ("Conv", _fused(_filter("HWIO"))),
    "FusedConv2D": ("Conv", _fused(_filter("HWIO"))),
    "Conv3D": ("Conv", _filter("DHWIO")),
    "DepthwiseConv2d": ("DepthwiseConv", _filter("HWIO")),
    "DepthwiseConv2dNative": ("DepthwiseConv", _filter("HWIO")),
    "FusedDepthwiseConv2dNative": ("DepthwiseConv", _fused(_filter("HWIO"))),
    "Conv2DBackpropInput": ("ConvTranspose", _filter("HWOI")),
    "Conv3DBackpropInputV2": ("ConvTranspose", _filter("DHWOI")),
    "MaxPool": ("MaxPool", _window),
    "MaxPoolV2": ("MaxPool", _window),
    "MaxPool3D": ("MaxPool", _window),
    "MaxPoolWithArgmax": ("MaxPool", _window),
    "AvgPool": ("AvgPool", _window),
    "AvgPool3D": ("AvgPool", _window),
    "MatMul": ("MatMul", _matmul),
    "_FusedMatMul": ("MatMul", _fused(_matmul)),
    "BatchMatMul": ("MatMul", _matmul),
    "BatchMatMulV2": ("MatMul", _matmul),
    "BatchMatMulV3": ("MatMul", _matmul),
    "Einsum": ("Einsum", _equation),
    "BiasAdd": ("BiasAdd", _layout),
    "FusedBatchNorm": ("FusedBatchNorm", _layout),
    "FusedBatchNormV2": ("FusedBatchNorm", _layout),
    "FusedBatchNormV3": ("FusedBatchNorm", _layout),
    "DepthToSpace": ("DepthToSpace", _block),
    "SpaceToDepth": ("SpaceToDepth", _block),
    "SpaceToBatchND": ("SpaceToBatch", _plain),
    "BatchToSpaceND": ("BatchToSpace", _plain),
    "ConcatV2": ("Concat", _axis_input(-1)),
    "Concat": ("Concat", _axis_input(0)),
    "Pack": ("Pack", _axis("axis")),
    "Unpack": ("Unpack", _axis("axis")),
    "OneHot": ("OneHot", _axis("axis", -1)),
    "GatherV2": ("Gather", _gather),
    "Gather": ("Gather", _gather),
    "Squeeze": ("Squeeze", _squeeze),
    "StridedSlice": ("StridedSlice", _masks),
    "PadV2": ("Pad", _plain),
    "MirrorPad": ("Pad", _plain),
    "TopKV2": ("TopK", _plain),
    "Select": ("Select", _plain),
    "ReverseV2": ("ReverseV2", _plain),
    "UniqueV2": ("Unique", _plain),
    "LRN": ("LRN", _plain),
    "ScatterNd": ("ScatterNd", _plain),
    **{f"NonMaxSuppressionV{i}": ("NonMaxSuppression", _plain) for i in range(2, 6)},
    **{name: (name, _reduce) for name in ("Mean", "Sum", "Max", "Min", "Prod", "Any", "All")},
}

OUTPUT_COUNTS = {"Split": "num_split", "SplitV": "num_split", "Unpack": "num"}
