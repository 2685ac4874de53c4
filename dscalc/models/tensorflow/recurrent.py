"""TFLite's recurrent operators: what they weigh, and over how many steps.

Their inputs stand at fixed places (tensorflow/lite/kernels/lstm_shared.h and the kernels beside
it); a part that is left out has no name. The weights of each gate are a tensor of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from dscalc.errors import DscalcError
from dscalc.models.kinds import Concat, Opaque, Recurrent
from dscalc.models.tensorflow.run import Call, Run, Sides, take, weights_of

LSTM_INPUTS = 24
INPUT, RECURRENT, PEEPHOLE, BIAS = slice(1, 5), slice(5, 9), slice(9, 12), slice(12, 16)
PROJECTION, PROJECTION_BIAS, STATES, NORMS = 16, 17, slice(18, 20), slice(20, 24)
# One direction by its inputs, outputs and a part of its name; returns the channels that come out.
_Side = Callable[[Run, Call, list[str], tuple[str, ...], str], int]
# A bidirectional LSTM has the first 17 weights of each direction, then what is no weight.
BACKWARD = 17


def lstm(run: Run, call: Call) -> None:
    """An LSTM over a sequence, or over one step where the kernel is no sequence's."""
    if call.op == "LSTM" and len(call.inputs) == 5:
        _basic_lstm(run, call)
        return
    names = [*call.inputs, *("",) * LSTM_INPUTS][:LSTM_INPUTS]
    names[0] = _begun(run, call, names[STATES])
    width = _direction(run, call, names, call.outputs[-1:], "")
    for output in call.outputs[:-1]:
        run.make(output, (run.shape(call.inputs[0])[0], width))


def bidirectional_lstm(run: Run, call: Call) -> None:
    """Two LSTMs, one from the end; their outputs stand side by side where they are merged."""
    x = take(call, 0)
    forward = [x, *call.inputs[1 : 1 + BACKWARD], *("",) * 6]
    backward = [x, *call.inputs[1 + BACKWARD : 1 + 2 * BACKWARD], *("",) * 6]
    _both(run, call, _direction, forward, backward)


def bidirectional_rnn(run: Run, call: Call) -> None:
    """Two plain recurrent layers, one from the end."""
    x = take(call, 0)
    forward = [x, *call.inputs[1:4]]
    backward = [x, *call.inputs[5:8]]
    _both(run, call, _plain, forward, backward)


def rnn(run: Run, call: Call) -> None:
    """A plain recurrent layer: x, weights, recurrent weights, bias, state."""
    x = _begun(run, call, call.inputs[4:5])
    _plain(run, call, [x, *call.inputs[1:4]], call.outputs, "")


def svdf(run: Run, call: Call) -> None:
    """A dense layer whose filters are products of one over features and one over time."""
    x, features = run.shape(take(call, 0)), weights_of(run, call, 1)
    time, rank = weights_of(run, call, 2), call.integer("rank", 1)
    fit = len(x) == len(features) == len(time) == 2 and features[1] == x[1]
    if not fit or rank < 1 or features[0] % rank or time[0] != features[0]:
        raise DscalcError(f"weights {list(features)} and {list(time)} do not fit {list(x)}")
    cost = x[0] * (prod(features) + prod(time))
    kind = Opaque("a singular value decomposition filter", cost, weights=True)
    stored = [name for name in call.inputs[1:4] if name]
    run.emit(call, kind, [call.inputs[0], *stored], ((x[0], features[0] // rank),))


def _begun(run: Run, call: Call, states: Sequence[str]) -> str:
    """What goes in, together with the states that it begins with, if they are maps of the run."""
    x = take(call, 0)
    maps = [name for name in states if name in run.tensors and not run.constant(name)]
    if not maps:
        return x
    begun = f"{next(iter(call.outputs), call.name)}→begun"
    kind = Opaque("the states that a recurrent layer begins with, beside what goes into it")
    run.emit(call._replace(outputs=(begun,)), kind, (x, *maps), (run.shape(x),))
    return begun


def _both(run: Run, call: Call, law: _Side, forward: list[str], backward: list[str]) -> None:
    if not call.attributes.get("merge"):
        if len(call.outputs) != 2:
            raise DscalcError(f"it makes {len(call.outputs)} tensors, one for each direction")
        law(run, call, forward, call.outputs[:1], "→forward")
        law(run, call, backward, call.outputs[1:], "→backward")
        return
    output = run.output(call)
    parts = f"{output}→forward", f"{output}→backward"
    widths = [
        law(run, call, names, (part,), "")
        for names, part in zip((forward, backward), parts, strict=True)
    ]
    shape = (*run.shape(parts[0])[:-1], sum(widths))
    run.make(output, shape)
    run.add(Concat(len(shape) - 1), call, parts, (output,))


def _direction(run: Run, call: Call, names: list[str], outputs: tuple[str, ...], part: str) -> int:
    """One direction of an LSTM; returns how many channels come out."""
    x, steps, batch = _sequence(run, call)
    inner = call._replace(inputs=tuple(names))
    gates = [name for name in names[INPUT] if name]
    again = [name for name in names[RECURRENT] if name]
    places = [i for i in range(INPUT.start, RECURRENT.stop) if names[i]]
    shapes = [weights_of(run, inner, i) for i in places]
    hidden = shapes[0][0] if shapes and shapes[0] else 0
    width = weights_of(run, inner, PROJECTION)[0] if names[PROJECTION] else hidden
    wanted = [(hidden, x[-1])] * len(gates) + [(hidden, width)] * len(again)
    if len(gates) not in (3, 4) or len(again) != len(gates) or shapes != wanted:
        raise DscalcError(f"weights {[list(shape) for shape in shapes]} do not fit {list(x)}")
    biases = [name for name in names[BIAS] if name]
    shape = (*x[:-1], width)
    special = names[PEEPHOLE] + [names[PROJECTION], names[PROJECTION_BIAS]] + names[NORMS]
    others = [name for name in special if name]
    output = outputs[0] if outputs else call.name
    run.make(output, shape)
    if len(gates) == 4 and not others:
        kind = Recurrent("lstm", x[-1], hidden, 1, steps)
        run.add(kind, call, (names[0], *gates, *again, *biases), outputs, part)
        return width
    products = [*gates, *again, *filter(None, [*names[PEEPHOLE], names[PROJECTION]])]
    cost = steps * batch * sum(prod(run.shape(name)) for name in products)
    kind_ = Opaque("an LSTM with peepholes, a projection, norms or coupled gates", cost, True)
    run.add(kind_, call, (names[0], *gates, *again, *biases, *others), outputs, part)
    return width


def _plain(run: Run, call: Call, names: list[str], outputs: tuple[str, ...], part: str) -> int:
    """One direction of a plain recurrent layer; returns how many channels come out."""
    x, steps, _ = _sequence(run, call)
    inner = call._replace(inputs=tuple(names))
    weights, again = weights_of(run, inner, 1), weights_of(run, inner, 2)
    if len(weights) != 2 or weights[1] != x[-1] or again != (weights[0], weights[0]):
        raise DscalcError(f"weights {list(weights)} and {list(again)} do not fit {list(x)}")
    run.make(outputs[0] if outputs else call.name, (*x[:-1], weights[0]))
    kind = Recurrent("rnn", x[-1], weights[0], 1, steps)
    run.add(kind, call, tuple(filter(None, names)), outputs, part)
    return weights[0]


def _basic_lstm(run: Run, call: Call) -> None:
    """The LSTM of one matrix: x, last output, weights, bias, last state."""
    x, weights = run.shape(take(call, 0)), weights_of(run, call, 2)
    if len(x) != 2 or len(weights) != 2 or weights[0] % 4:
        raise DscalcError(f"weights {list(weights)} do not fit {list(x)}")
    hidden = weights[0] // 4
    if weights[1] != x[1] + hidden:
        raise DscalcError(f"weights {list(weights)} do not fit {list(x)}")
    for output, width in zip(call.outputs, (hidden, hidden, weights[1], weights[0]), strict=False):
        run.make(output, (x[0], width))
    kind = Recurrent("lstm", x[1], hidden, 1, 1)
    begun = _begun(run, call, (call.inputs[1], call.inputs[4]))
    run.add(kind, call, (begun, call.inputs[2], take(call, 3)), call.outputs)


def _sequence(run: Run, call: Call) -> tuple[Sides, int, int]:
    """The shape of x, its steps and its examples; a map of two axes is one step."""
    x = run.shape(take(call, 0))
    if len(x) == 2:
        return x, 1, x[0]
    if len(x) != 3:
        raise DscalcError(f"it runs over a map of {len(x)} axes")
    examples, steps = (x[1], x[0]) if call.attributes.get("time_major") else (x[0], x[1])
    return x, steps, examples
