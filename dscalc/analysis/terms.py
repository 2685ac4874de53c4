"""How figures are counted: which parameters, the types that bytes are for, and by which rules."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple, TypeAlias

from dscalc.law.layer import Count

Dtype: TypeAlias = Literal["float32", "float16", "bfloat16", "int16", "int8", "int4"]
BITS: dict[Dtype, int] = {
    "float32": 32,
    "float16": 16,
    "bfloat16": 16,
    "int16": 16,
    "int8": 8,
    "int4": 4,
}
DTYPES: dict[str, Dtype] = {dtype: dtype for dtype in BITS}
SizeRule: TypeAlias = Literal["params", "stored", "flash"]
MemoryRule: TypeAlias = Literal["alive", "in-place", "arena"]
SIZE_RULES: dict[str, str] = {
    "params": "all parameters that are counted, in the type of the weights",
    "stored": "weights and biases as they are deployed",
    "flash": "weights and biases as they are deployed, with scales and zero points",
}
"""What bytes of parameters are, by the name of the rule."""
MEMORY_RULES: dict[str, str] = {
    "alive": "bytes of activations alive at once",
    "in-place": "bytes alive at once, where a layer may write over what ends with it",
    "arena": "bytes of TensorFlow Lite Micro's arena that activations take (its head)",
}
"""What bytes of activations are, by the name of the rule."""


class Terms(NamedTuple):
    """Which parameters are counted, what activations and weights are stored as, and the rules.

    The weights have the type of the activations unless `weight_dtype` is another; with activations
    of int16 they have int8, as TensorFlow Lite has them.
    """

    count: Count = "trainable"  # type: ignore[assignment]
    dtype: Dtype = "float32"
    weight_dtype: Dtype | None = None
    size: SizeRule = "params"
    memory: MemoryRule = "alive"

    @property
    def of_weights(self) -> Dtype:
        return self.weight_dtype or ("int8" if self.dtype == "int16" else self.dtype)

    @property
    def bias_bytes(self) -> int:
        """What a bias takes: int64 beside activations of int16, int32 beside int8 and int4.

        In floating point it has the type of the weights, or, beside weights of int8, its own.
        """
        if self.dtype in ("int8", "int4", "int16"):
            return 8 if self.dtype == "int16" else 4
        return BITS[self.dtype if self.of_weights.startswith("int") else self.of_weights] // 8


USUAL = Terms()


def without_effect(terms: Terms, figures: Collection[str]) -> list[str]:
    """The terms that are not the usual ones and that no figure, by its key, depends on."""
    of_size = {"size"} if terms.weight_dtype is None or terms.size != "params" else set()
    figures_of = {
        "count": {"params"} if terms.size != "params" else {"params", "size"},
        "dtype": {"memory", *of_size},
        "weight_dtype": {"size"},
        "size": {"size"},
        "memory": {"memory"},
    }
    unusual = [name for name in figures_of if getattr(terms, name) != getattr(USUAL, name)]
    return [name for name in unusual if figures_of[name].isdisjoint(figures)]


def stays_at_any_size(terms: Terms) -> bool:
    """Whether layers with the same parameters take as many bytes whatever the size of their maps.

    In flash every map of integers has a scale, those too that a size adds, as by a PAD.
    """
    return terms.size != "flash" or not terms.dtype.startswith("int")


def bytes_of(elements: int, dtype: Dtype) -> int:
    """What so many elements take, packed; a last byte that is not full counts."""
    return -(-elements * BITS[dtype] // 8)


def bytes_of_tensor(elements: int, dtype: Dtype) -> int:
    """What so many elements take in an arena, where int4 is not packed."""
    return elements * max(1, BITS[dtype] // 8)
