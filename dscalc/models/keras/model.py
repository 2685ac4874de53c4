"""A Keras model's configuration as a graph: its layers in the order of their calls, models put in.

Configurations of Keras 3, of Keras 2 with and without TensorFlow, and of TensorFlow.js are read.
A model is the same wherever it was saved: a class, its layers, and for each call of a layer the
tensors that go in, as (layer, number of the call, number of the tensor).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dscalc.errors import DscalcError
from dscalc.models.graph import Graph, Shape
from dscalc.models.inputs import Given
from dscalc.models.json_text import integer, mapping, sequence, shown, text
from dscalc.models.keras.layer import Layer
from dscalc.models.keras.layers import OPERATION, perform
from dscalc.models.order import ordered
from dscalc.models.tensorflow.run import Run, finished, set_inputs

SEQUENTIAL = "Sequential"
MODELS = (SEQUENTIAL, "Functional", "Model", "Container", "Network", "Graph")
DEEPEST_MODEL = 32
MOST_TENSORS = 1000  # that one call makes
LONGEST_NAME = 200


class _Ref(NamedTuple):
    """A tensor: the layer that makes it, in which of its calls, and which of its outputs."""

    layer: str
    call: int
    output: int


class _Call(NamedTuple):
    """What goes into one call of a layer."""

    inputs: tuple[_Ref, ...]
    named: Mapping[str, _Ref]


class _Item(NamedTuple):
    """A layer of a model as it stands in the file."""

    kind: str
    name: str
    config: Mapping[str, Any]
    calls: tuple[_Call, ...]


def read_keras_model(document: Any, given: Given | None, form: str) -> Graph:
    """The graph of a model's configuration, run at the inputs that are `given`, by layer name.

    `form` is the format's name. Raises DscalcError for what is no such configuration, for open
    sides that are not given, and for layers whose cost is not known.
    """
    raw = mapping(document, "the model")
    kind = text(raw.get("class_name"), "the model's class")
    if kind not in MODELS:
        raise DscalcError(
            f"the model is of the class '{kind[:80]}': what it does is in its code and not in the"
            " file; export it as a functional or sequential model"
        )
    config = raw.get("config")
    declared = _declared(kind, config, raw, given or {})
    run = Run({}, lambda name: None, {})
    shapes = set_inputs(run, declared, given or {})
    outputs = _model(run, kind, config, "", tuple(shapes), {}, 0)
    named = config.get("name") if isinstance(config, dict) else None
    name = named[:LONGEST_NAME] if isinstance(named, str) else ""
    return finished(run, form, name, tuple(shapes), outputs)


def _layers(config: Any) -> list[Mapping[str, Any]]:
    """The layers of a model; Keras 2.0 wrote a sequential one as the list alone."""
    entries = config if isinstance(config, list) else mapping(config, "a model").get("layers")
    return [mapping(entry, "a layer") for entry in sequence(entries, "'layers'")]


def _item(raw: Mapping[str, Any]) -> _Item:
    kind = text(raw.get("class_name"), "the class of a layer")
    inner = raw.get("config")
    if kind == SEQUENTIAL and isinstance(inner, list):
        inner = {"layers": inner}
    config = mapping(inner, "the configuration of a layer")
    name = text(raw.get("name") or config.get("name") or kind, "the name of a layer")
    calls = tuple(_calls(raw.get("inbound_nodes") or [], name))
    return _Item(_kind(kind, raw, config), name, config, calls)


def _kind(kind: str, raw: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """The class of a layer, or the name of an operation on tensors."""
    module = raw.get("module")
    if isinstance(module, str) and (module + ".").startswith(("keras.src.ops.", "keras.ops.")):
        snake = "".join(
            f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(kind)
        )
        return OPERATION + snake
    if kind == "TFOpLambda":
        return OPERATION + text(config.get("function"), "'function'").rpartition(".")[2]
    if kind == "TensorFlowOpLayer":
        node = mapping(config.get("node_def"), "'node_def'")
        return OPERATION + text(node.get("op"), "'op'").lower()
    # A class of one's own is registered under a package; Keras's own layers are not.
    return kind.rpartition(">")[2] if kind.startswith("Custom>") else kind


def _calls(nodes: Any, name: str) -> Iterator[_Call]:
    for node in sequence(nodes, f"the calls of '{name}'"):
        if isinstance(node, dict):
            args = tuple(_refs(node.get("args") or []))
            named: dict[str, _Ref] = {}
            for key, value in mapping(node.get("kwargs") or {}, "'kwargs'").items():
                found = list(_refs(value))
                named |= {f"{key} {i}" if i else key: ref for i, ref in enumerate(found)}
            yield _Call(args, named)
        else:
            yield _old_call(sequence(node, f"a call of '{name}'"))


def _old_call(node: list[Any]) -> _Call:
    """A call as Keras 2 writes it: [layer, call, tensor, keywords] for each input."""
    if node and isinstance(node[0], str):
        node = [node]
    refs: list[_Ref] = []
    named: dict[str, _Ref] = {}
    for entry in node:
        wire = sequence(entry, "an input")
        if (ref := _ref(wire)) is not None:
            refs.append(ref)
        elif wire[:1] != ["_CONSTANT_VALUE"]:
            raise DscalcError(f"an input of a layer is {shown(wire)}")
        keywords = wire[3] if len(wire) > 3 and isinstance(wire[3], dict) else {}
        for key, value in keywords.items():
            if isinstance(value, list):
                found = _tensors(value)
                named |= {f"{key} {i}" if i else key: ref for i, ref in enumerate(found)}
    return _Call(tuple(refs), named)


def _ref(wire: list[Any]) -> _Ref | None:
    """A tensor, if the list names one."""
    if len(wire) < 3 or not isinstance(wire[0], str) or wire[0] == "_CONSTANT_VALUE":
        return None
    if not all(isinstance(n, int) and 0 <= n < MOST_TENSORS for n in wire[1:3]):
        return None
    return _Ref(wire[0], wire[1], wire[2])


def _refs(value: Any) -> Iterator[_Ref]:
    """The tensors of a nested value, in their order, as Keras 3 writes them."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack += reversed(value)
        elif isinstance(value, dict):
            config = value.get("config")
            if value.get("class_name") == "__keras_tensor__" and isinstance(config, dict):
                ref = _ref(sequence(config.get("keras_history"), "'keras_history'"))
                if ref is None:
                    raise DscalcError("an input of a layer is no tensor")
                yield ref
            elif value.get("class_name") == "__tuple__":
                stack.append(value.get("items"))
            elif "class_name" not in value:
                stack += reversed(list(value.values()))


def _ends(config: Mapping[str, Any], key: str) -> list[_Ref]:
    """The inputs or outputs of a functional model: one, a list, or by name."""
    refs = _tensors(config.get(key))
    if not refs:
        raise DscalcError(f"the model has no '{key}'")
    return refs


def _tensors(value: Any) -> list[_Ref]:
    """The tensors of a nested value, in their order, where each is a list of its own."""
    refs: list[_Ref] = []
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            ref = _ref(value)
            if ref is not None:
                refs.append(ref)
            else:
                stack += reversed(value)
        elif isinstance(value, dict):
            stack += reversed(list(value.values()))
    return refs


def _declared(kind: str, config: Any, raw: Mapping[str, Any], told: Given) -> dict[str, Shape]:
    """The inputs of a model by name, with the shapes that the file says."""
    if kind != SEQUENTIAL:
        ends = _ends(mapping(config, "the model"), "input_layers")
        wanted = {ref.layer for ref in ends}
        named = [entry for entry in _layers(config) if isinstance(entry.get("name"), str)]
        items = {entry["name"]: _item(entry) for entry in named if entry["name"] in wanted}
        if missing := wanted.difference(items):
            raise DscalcError(f"the input '{min(missing)}' is no layer")
        names = [ref.layer for ref in ends]
        return {name: _input_shape(items[name].config, name, None, told) for name in names}
    entries = _layers(config)
    if not entries:
        raise DscalcError("the model has no layers")
    first = _item(entries[0])
    name = first.name if first.kind == "InputLayer" else f"{first.name}_input"
    if first.kind in MODELS:
        inner = _declared(first.kind, entries[0].get("config"), entries[0], told)
        return dict(list(inner.items())[:1])
    build = [raw.get("build_config"), config if isinstance(config, dict) else None]
    candidates = [value.get(key) for value in build if isinstance(value, dict) for key in _BUILT]
    built = next((shape for shape in candidates if isinstance(shape, list)), None)
    return {name: _input_shape(first.config, name, built, told)}


_BUILT = ("input_shape", "build_input_shape")


def _input_shape(config: Mapping[str, Any], name: str, built: Any, told: Given) -> Shape:
    """A shape with the batch in front, None for open sides.

    `built` is the shape that a model was built for, `told` what is given for this run.
    """
    for key in ("batch_shape", "batch_input_shape"):
        if config.get(key) is not None:
            return _shape(config[key])
    for key in ("shape", "input_shape"):
        if config.get(key) is not None:
            return (None, *_shape(config[key]))
    if built is not None:
        return _shape(built)
    value = told.get(name)
    if isinstance(value, tuple):
        return (None,) * len(value)
    raise DscalcError(
        f"the shape of the input '{name}' is not in the file: build the model before it is saved,"
        f" or say it, as in --input {name}=1x224x224x3"
    )


def _shape(value: Any) -> Shape:
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        value = value.get("items")
    sides = sequence(value, "a shape")
    return tuple(None if side is None else integer(side, "a side") for side in sides)


def _model(
    run: Run,
    kind: str,
    config: Any,
    path: str,
    given: Sequence[str],
    counts: dict[str, int],
    depth: int,
) -> list[str]:
    """Runs a model on tensors that are given; returns the names of what comes out."""
    if depth > DEEPEST_MODEL:
        raise DscalcError(f"more than {DEEPEST_MODEL} models inside each other")
    items = [_item(entry) for entry in _layers(config)]
    names = {item.name for item in items}
    if len(names) < len(items):
        raise DscalcError(f"{len(items)} layers have {len(names)} names between them")
    if kind == SEQUENTIAL:
        maps = list(given)
        for item in items:
            if item.kind != "InputLayer":
                maps = _layer(run, item, path, maps, {}, 1, counts, depth)
        return maps
    return _functional(run, mapping(config, "a model"), items, path, given, counts, depth)


def _functional(
    run: Run,
    config: Mapping[str, Any],
    items: list[_Item],
    path: str,
    given: Sequence[str],
    counts: dict[str, int],
    depth: int,
) -> list[str]:
    """The calls of a model's layers, each behind those that it takes from."""
    inputs, outputs = _ends(config, "input_layers"), _ends(config, "output_layers")
    if len(inputs) != len(given):
        raise DscalcError(f"a model of {len(inputs)} inputs is given {len(given)}")
    made = dict(zip(inputs, given, strict=True))
    taken = [ref for item in items for call in item.calls for ref in _taken(call)] + outputs
    calls = _numbered(items, taken)
    counted = _counts(taken)
    for key in ordered({key: _sources(call) for key, (_, _, call) in calls.items()}):
        item, number, call = calls[key]
        if _Ref(item.name, number, 0) in made or (not item.calls and key not in counted):
            continue
        if not item.calls:
            raise DscalcError(f"'{item.name}' takes nothing, and is no input of the model")
        names = [_found(made, ref) for ref in call.inputs]
        named = {word: _found(made, ref) for word, ref in call.named.items()}
        results = _layer(run, item, path, names, named, counted.get(key, 1), counts, depth)
        for index, name in enumerate(results):
            made[_Ref(item.name, number, index)] = name
    return [_found(made, ref) for ref in outputs]


def _numbered(items: list[_Item], taken: list[_Ref]) -> dict[str, tuple[_Item, int, _Call]]:
    """The calls of layers by layer and number.

    Numbers count from 0, but from 1 for a model that was called once when it was built, on its
    own inputs: then nobody takes what its call 0 makes.
    """
    lowest: dict[str, int] = {}
    for ref in taken:
        lowest[ref.layer] = min(lowest.get(ref.layer, ref.call), ref.call)
    calls = {}
    for item in items:
        first = min(1, lowest.get(item.name, 0)) if item.kind in MODELS else 0
        for number, call in enumerate(item.calls or (_Call((), {}),), first):
            calls[f"{item.name}:{number}"] = (item, number, call)
    return calls


def _taken(call: _Call) -> list[_Ref]:
    return [*call.inputs, *call.named.values()]


def _sources(call: _Call) -> list[str]:
    return [f"{ref.layer}:{ref.call}" for ref in _taken(call)]


def _counts(refs: Sequence[_Ref]) -> dict[str, int]:
    """How many tensors of each call are taken."""
    counts: dict[str, int] = {}
    for ref in refs:
        key = f"{ref.layer}:{ref.call}"
        counts[key] = max(counts.get(key, 0), ref.output + 1)
    return counts


def _found(made: Mapping[_Ref, str], ref: _Ref) -> str:
    if ref not in made:
        raise DscalcError(f"tensor {ref.output} of '{ref.layer}' is taken, and is not made")
    return made[ref]


def _layer(
    run: Run,
    item: _Item,
    path: str,
    inputs: Sequence[str],
    named: Mapping[str, str],
    count: int,
    counts: dict[str, int],
    depth: int,
) -> list[str]:
    """One call of a layer, or of a model inside of the model; returns the names of its outputs."""
    own = f"{path}{item.name}"
    if item.kind in MODELS:
        given = [*inputs, *named.values()]
        return _model(run, item.kind, item.config, f"{own}/", given, counts, depth + 1)
    # A second call of a layer makes other tensors by the same weights.
    counts[own] = counts.get(own, 0) + 1
    base = own if counts[own] == 1 and own not in run.tensors else f"{own}→call{counts[own]}"
    outputs = (base, *(f"{base}→{i}" for i in range(1, count)))
    resolved = tuple(run.names.get(name, name) for name in inputs)
    words = {key: run.names.get(name, name) for key, name in named.items()}
    perform(run, Layer(item.kind, own, item.config, resolved, words, outputs))
    return [run.names.get(name, name) for name in outputs]
