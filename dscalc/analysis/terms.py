"""How figures are counted: which parameters, and the types that bytes are for."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from dscalc.law.layer import Count

Dtype: TypeAlias = Literal["float32", "float16", "bfloat16", "int8", "int4"]
BITS: dict[Dtype, int] = {"float32": 32, "float16": 16, "bfloat16": 16, "int8": 8, "int4": 4}


class Terms(NamedTuple):
    """Which parameters are counted, and what activations and weights are stored as.

    The weights have the type of the activations unless `weight_dtype` is another.
    """

    count: Count = "trainable"  # type: ignore[assignment]
    dtype: Dtype = "float32"
    weight_dtype: Dtype | None = None

    @property
    def of_weights(self) -> Dtype:
        return self.weight_dtype or self.dtype


USUAL = Terms()


def bytes_of(elements: int, dtype: Dtype) -> int:
    """What so many elements take, packed; a last byte that is not full counts."""
    return -(-elements * BITS[dtype] // 8)
