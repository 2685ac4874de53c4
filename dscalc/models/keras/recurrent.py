"""Keras's recurrent layers: LSTM, GRU and plain ones, in one direction or both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dscalc.errors import DscalcError
from dscalc.models.json_text import sequence
from dscalc.models.keras.layer import Layer, emit, layer_config, weights
from dscalc.models.kinds import Arithmetic, Opaque, Recurrent, Slice, Split
from dscalc.models.tensorflow.moves import put_shape
from dscalc.models.tensorflow.run import Run, Sides

TYPES = {
    "LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn", "CuDNNLSTM": "lstm", "CuDNNGRU": "gru",
    "LSTMCell": "lstm", "GRUCell": "gru", "SimpleRNNCell": "rnn",
}  # fmt: skip
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
MERGES = {"sum": "add", "mul": "multiply", "ave": "add"}


def recurrent(run: Run, layer: Layer) -> None:
    """LSTM, GRU, SimpleRNN."""
    made = _sequence(run, layer, layer, layer.kind, layer.config, _begun(run, layer), "")
    if layer.flag("return_sequences", False):
        run.same(layer.call("", (made,), layer.output), made)
    else:
        last_step(run, layer, made, layer.output)
    _states(run, layer, made, TYPES[layer.kind])


def rnn(run: Run, layer: Layer) -> None:
    """RNN with a cell of Keras, or several on top of each other."""
    kind, config = layer_config(layer.config.get("cell"), "its cell")
    cells = [(kind, config)]
    if kind == "StackedRNNCells":
        stacked = sequence(config.get("cells"), "its cells")
        cells = [layer_config(cell, "a cell") for cell in stacked]
    if layer.flag("return_state", False):
        raise DscalcError("an RNN layer that returns its state is not read")
    x = _begun(run, layer)
    for i, (name, inner) in enumerate(cells):
        x = _sequence(run, layer, layer, name, inner, x, f"cell{i}/")
    if layer.flag("return_sequences", False):
        run.same(layer.call("", (x,), layer.output), x)
    else:
        last_step(run, layer, x, layer.output)


def bidirectional(run: Run, layer: Layer) -> None:
    """Bidirectional: a recurrent layer and another one from the end."""
    kind, config = layer_config(layer.config.get("layer"), "its layer")
    back = layer.config.get("backward_layer")
    keys = ("units", "use_bias", "return_sequences", "reset_after")
    if back is not None:
        other, theirs = layer_config(back, "its backward layer")
        if other != kind or any(config.get(key) != theirs.get(key) for key in keys):
            raise DscalcError("its two directions differ, which is not read")
    inner = Layer(kind, layer.path, config, layer.inputs, layer.named, layer.outputs)
    if inner.flag("return_state", False):
        raise DscalcError("a bidirectional layer that returns its states is not read")
    made = _sequence(run, layer, inner, kind, config, _begun(run, layer), "", directions=2)
    if not inner.flag("return_sequences", False):
        made = last_step(run, layer, made, layer.inner("last"))
    _merge(run, layer, made)


def _begun(run: Run, layer: Layer) -> str:
    """What goes in, together with the states that it begins with, if they are maps of the run."""
    if len(layer.inputs) < 2:
        return layer.x
    kind = Opaque("the states that a recurrent layer begins with, beside what goes into it")
    shape = run.shape(layer.inputs[0])
    return emit(run, layer, kind, layer.inputs, shape, layer.inner("begun"))


def _merge(run: Run, layer: Layer, made: str) -> None:
    """Both directions side by side, as one by arithmetic, or as two tensors."""
    mode = layer.config.get("merge_mode", "concat")
    if mode == "concat":
        run.same(layer.call("", (made,), layer.output), made)
        return
    shape = run.shape(made)
    half = (*shape[:-1], shape[-1] // 2)
    split = Split(len(shape) - 1, (half[-1],) * 2)
    parts = layer.outputs
    if mode is not None:
        parts = (layer.inner("forward"), layer.inner("backward"))
    if len(parts) != 2 or (mode is not None and mode not in MERGES):
        raise DscalcError(f"it makes {len(parts)} tensors, merged by {mode!r:.20}")
    call = layer.call("", (made,), "")._replace(outputs=parts)
    run.emit(call, split, (made,), (half, half))
    if mode is not None:
        emit(run, layer, Arithmetic(MERGES[mode]), parts, half)


def _sequence(
    run: Run,
    layer: Layer,
    inner: Layer,
    kind: str,
    config: Mapping[str, Any],
    x: str,
    part: str,
    directions: int = 1,
) -> str:
    """The outputs of all steps of a recurrent layer; returns their name."""
    if kind not in TYPES:
        raise DscalcError(f"the recurrent layer or cell '{kind[:80]}' is not known")
    if config.get("time_major"):
        raise DscalcError("a recurrent layer with time before examples is not read")
    own = inner._replace(config=config)
    shape, hidden = run.shape(x), own.number("units")
    if len(shape) != 3:
        raise DscalcError(f"it takes {list(shape)}, where 3 axes are expected")
    type_ = TYPES[kind]
    gates = GATES[type_]
    both = (directions,) if directions > 1 else ()
    names = [x]
    names.append(weights(run, layer, f"{part}kernel", (*both, shape[2], gates * hidden)))
    names.append(weights(run, layer, f"{part}recurrent_kernel", (*both, hidden, gates * hidden)))
    biases = _biases(own, kind, gates * hidden)
    if biases:
        names.append(weights(run, layer, f"{part}bias", (*both, *biases)))
    out = (*shape[:2], directions * hidden)
    operator = Recurrent(type_, shape[2], hidden, directions, shape[1])
    return emit(run, layer, operator, names, out, layer.inner(f"{part}steps"))


def _biases(layer: Layer, kind: str, width: int) -> Sides:
    """The shape of the biases: a GRU whose reset comes after, and cuDNN's layers, have two."""
    if kind.startswith("CuDNN"):
        return (2 * width,)
    if not layer.flag("use_bias", True):
        return ()
    # Keras 2.0 had no such key, and reset before.
    if TYPES[kind] == "gru" and layer.flag("reset_after", False):
        return (2, width)
    return (width,)


def last_step(run: Run, layer: Layer, made: str, output: str) -> str:
    """The last step of a sequence, under the name of an output."""
    shape = run.shape(made)
    if shape[1] < 1:
        raise DscalcError("it runs over no step")
    cut = f"{output}→step"
    last = Slice((0, shape[1] - 1, 0), (1, 1, 1))
    emit(run, layer, last, (made,), (shape[0], 1, shape[2]), cut)
    put_shape(run, layer.call("Reshape", (cut,), output), cut, (shape[0], shape[2]))
    return output


def _states(run: Run, layer: Layer, made: str, type_: str) -> None:
    """The states that a layer returns beside its output."""
    rest: Sequence[str] = layer.outputs[1:]
    if len(rest) > (2 if type_ == "lstm" else 1):
        raise DscalcError(f"it makes {len(layer.outputs)} tensors")
    for output in rest:
        last_step(run, layer, made, output)
