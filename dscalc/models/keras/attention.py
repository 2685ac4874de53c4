"""Keras's attention layers: projections, and scaled products of queries, keys and values.

https://keras.io/api/layers/attention_layers.
"""

from __future__ import annotations

from dscalc.errors import DscalcError
from dscalc.models.json_text import integer
from dscalc.models.keras.layer import Layer, emit, weights
from dscalc.models.kinds import Attention, Linear
from dscalc.models.tensorflow.run import Run


def multi_head(run: Run, layer: Layer) -> None:
    """MultiHeadAttention and GroupQueryAttention, with projections in and out."""
    grouped = layer.kind != "MultiHeadAttention"
    heads = layer.number("num_query_heads" if grouped else "num_heads")
    key = layer.number("head_dim" if grouped else "key_dim")
    value = key if grouped else layer.number("value_dim", key)
    kept = layer.number("num_key_value_heads") if grouped else heads
    if layer.config.get("attention_axes") not in (None, [1], 1) or heads % kept:
        raise DscalcError("attention over other axes than the first is not read")
    query, source, keys = _roles(layer)
    q, v, k = (run.shape(name) for name in (query, source, keys))
    if len(q) != 3 or len(v) != 3 or k[:2] != v[:2] or len(k) != 3:
        raise DscalcError(f"it attends over {list(q)}, {list(k)} and {list(v)}, not 3 axes each")
    given = layer.config.get("output_shape")
    given = given[0] if isinstance(given, list) and len(given) == 1 else given
    width = q[2] if given is None else integer(given, "'output_shape'")
    parts = [
        _projected(run, layer, part, name, made)
        for part, name, made in (
            ("query", query, heads * key),
            ("key", keys, kept * key),
            ("value", source, kept * value),
        )
    ]
    inner = layer.inner("attended")
    attention = Attention(heads, kept, q[1], v[1], key, value)
    emit(run, layer, attention, parts, (q[0], q[1], heads * value), inner)
    names = [inner, weights(run, layer, "output/kernel", (heads * value, width))]
    if layer.flag("use_bias", True):
        names.append(weights(run, layer, "output/bias", (width,)))
    emit(run, layer, Linear(2), names, (q[0], q[1], width))


def _roles(layer: Layer) -> tuple[str, str, str]:
    """Query, value and key, by their places or their names."""
    given = dict(zip(("query", "value", "key"), layer.inputs, strict=False))
    given.update({name: tensor for name, tensor in layer.named.items() if "mask" not in name})
    if "query" not in given or "value" not in given:
        raise DscalcError("it takes no query and value")
    return given["query"], given["value"], given.get("key", given["value"])


def _projected(run: Run, layer: Layer, part: str, x: str, made: int) -> str:
    shape = run.shape(x)
    names = [x, weights(run, layer, f"{part}/kernel", (shape[2], made))]
    if layer.flag("use_bias", True):
        names.append(weights(run, layer, f"{part}/bias", (made,)))
    return emit(run, layer, Linear(2), names, (*shape[:2], made), layer.inner(part))


def attention(run: Run, layer: Layer) -> None:
    """Attention: scaled products without projections, of query, value and key."""
    if layer.flag("use_scale", False) or layer.word("score_mode", "dot") != "dot":
        raise DscalcError("attention with weights of its own is not read")
    query, source, keys = _roles(layer)
    q, v, k = (run.shape(name) for name in (query, source, keys))
    if not len(q) == len(v) == len(k) == 3 or q[2] != k[2] or k[1] != v[1]:
        raise DscalcError(f"it attends over {list(q)}, {list(k)} and {list(v)}")
    kind = Attention(1, 1, q[1], v[1], q[2], v[2])
    emit(run, layer, kind, (query, keys, source), (*q[:2], v[2]))
