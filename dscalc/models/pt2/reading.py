"""A `.pt2` file → graph: its sides at the numbers of this run, then operator after operator."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from dscalc.errors import DscalcError, Problem, nearest
from dscalc.models.graph import MOST_OPERATORS, Graph, Shape, Tensor, checked, elements, examples
from dscalc.models.inputs import Given
from dscalc.models.pt2 import elementwise, layers, moves
from dscalc.models.pt2.archive import Archive, Json, read_archive
from dscalc.models.pt2.call import Call, Ref, Trace
from dscalc.models.pt2.sides import evaluate_side

RULES = moves.RULES | elementwise.RULES | layers.RULES
STORED = {"parameter": "parameter_name", "buffer": "buffer_name"}
STORED |= {"tensor_constant": "tensor_constant_name"}
WRAPPED = (
    "torch.ops.higher_order.wrap_with_set_grad_enabled",
    "torch.ops.higher_order.wrap_with_autocast",
)
WAYS_OUT = "export the model without it, or write this layer as `opaque` in a YAML file"


def read_pt2(data: memoryview, given: Given | None = None) -> Graph:
    """The graph of an exported program; weights are not read, and nothing is unpickled.

    `given` says the sides of inputs that were exported with open ones; without it they have the
    sizes of the export. Raises DscalcError for a damaged file, sides that the export has fixed
    otherwise, and an operator that is not known, by the node's name.
    """
    archive = read_archive(data)
    try:
        return _graph(archive, given or {})
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        if isinstance(error, DscalcError):
            raise
        raise DscalcError(f"the program is not written as torch.export does: {error!r}") from None


def _graph(archive: Archive, given: Given) -> Graph:
    module = archive.program["graph_module"]
    graph, signature = module["graph"], module["signature"]
    specs = [next(iter(spec.items())) for spec in signature["input_specs"]]
    inputs = [
        spec["arg"]["as_tensor"]["name"]
        for kind, spec in specs
        if kind == "user_input" and "as_tensor" in spec["arg"]
    ]
    if len(graph["nodes"]) > MOST_OPERATORS:
        raise DscalcError(f"more than {MOST_OPERATORS:,} nodes")
    symbols = _symbols(graph, inputs, given)
    shapes = {n: _shape(meta["sizes"], symbols) for n, meta in graph["tensor_values"].items()}
    tensors = {name: Tensor(name, shape) for name, shape in shapes.items()}
    modules: dict[str, str] = {}
    for kind, spec in specs:
        if kind in STORED:
            stored, known = spec["arg"]["name"], spec[STORED[kind]]
            home = archive.homes.get(known, known)
            tensors[stored] = Tensor(stored, shapes[stored], home, kind == "parameter")
            modules[stored] = known.rpartition(".")[0]
    trace = Trace(tensors)
    numbers = {name: _number(value, symbols) for name, value in graph["sym_int_values"].items()}
    _run_nodes(graph, trace, numbers, modules)
    names = [
        spec["user_output"]["arg"]["as_tensor"]["name"]
        for spec in signature["output_specs"]
        if "as_tensor" in spec.get("user_output", {}).get("arg", {})
    ]
    outputs = tuple(dict.fromkeys(map(trace.carrier, names)))
    return checked(_finished(trace, inputs, outputs, modules))


def _finished(
    trace: Trace,
    inputs: list[str],
    outputs: tuple[str, ...],
    modules: Mapping[str, str],
) -> Graph:
    wanted = set(outputs)
    kept = []
    for operator in reversed(trace.operators):
        if wanted.intersection(operator.outputs):
            wanted.update(operator.inputs, operator.outputs)
            kept.append(operator)
    tensors = {n: t for n, t in trace.tensors.items() if n in wanted or n in inputs}
    batch = examples(trace.tensors, kept, inputs[0]) if inputs else 1
    notes = [f"the file runs {batch} examples at once; figures are for one"] if batch > 1 else []
    used = {trace.tensors[name].storage for name in wanted if name}
    idle = [
        trace.tensors[name]
        for name in modules
        if trace.tensors[name].learned and trace.tensors[name].storage not in used
    ]
    if idle:
        count = sum(elements(tensor) for tensor in idle)
        places = ", ".join(sorted({modules[tensor.name].partition(".")[0] for tensor in idle})[:5])
        notes.append(
            f"{count:,} parameters of the file take part in nothing that runs, or only in making "
            f"others, and are not counted: {places}"
        )
    order = tuple(reversed(kept))
    return Graph("PyTorch", "", tensors, order, tuple(inputs), outputs, batch, tuple(notes))


def _symbols(graph: Json, inputs: Iterable[str], given: Given) -> dict[str, int]:
    """What each open side of the export is in this run."""
    symbols: dict[str, int] = {}
    known = list(inputs)
    for name in given:
        if name not in known:
            hint = nearest(name, known) or f"; there are: {', '.join(known)}"
            raise DscalcError(f"the model has no input '{name}'{hint}")
    for name in known:
        sizes = graph["tensor_values"][name]["sizes"]
        wanted = given.get(name)
        if wanted is not None and (not isinstance(wanted, tuple) or len(wanted) != len(sizes)):
            raise DscalcError(f"the input '{name}' has {len(sizes)} sides")
        for axis, size in enumerate(sizes):
            side = wanted[axis] if isinstance(wanted, tuple) else None
            if "as_int" in size and side not in (None, size["as_int"]):
                raise DscalcError(
                    f"the input '{name}' was exported with {size['as_int']} on axis {axis}, "
                    f"not {side}: export it again at that size, or with dynamic_shapes"
                )
            expression = size.get("as_expr")
            if expression and expression["expr_str"].isidentifier():
                number = side or (expression.get("hint") or {}).get("as_int")
                if not isinstance(number, int):
                    raise DscalcError(f"the input '{name}' is open on axis {axis}; say its sides")
                symbols[expression["expr_str"]] = number
    return symbols


def _shape(sizes: Iterable[Json], symbols: Mapping[str, int]) -> Shape:
    return tuple(_number(size, symbols) for size in sizes)


def _number(size: Json, symbols: Mapping[str, int]) -> int | None:
    """A side; None where it depends on a run (torch's unbacked symbols, u0)."""
    if "as_int" in size:
        return int(size["as_int"])
    text = size["as_expr"]["expr_str"]
    return None if re.search(r"\bu\d", text) else evaluate_side(text, symbols)


def _run_nodes(
    graph: Json, trace: Trace, numbers: Mapping[str, Any], modules: Mapping[str, str]
) -> None:
    for node in graph["nodes"]:
        if str(node["target"]) in WRAPPED:
            _run_wrapped(node, trace, numbers, modules)
        else:
            _run(node, trace, numbers, modules)


def _run_wrapped(
    node: Json, trace: Trace, numbers: Mapping[str, Any], modules: Mapping[str, str]
) -> None:
    """A part of the program under another setting (no gradients): as if it stood here."""
    arguments = [argument["arg"] for argument in node["inputs"]]
    place = next(i for i, argument in enumerate(arguments) if "as_graph" in argument)
    inner = arguments[place]["as_graph"]["graph"]
    symbols: dict[str, int] = {}
    for name, meta in inner["tensor_values"].items():
        trace.tensors.setdefault(name, Tensor(name, _shape(meta["sizes"], symbols)))
    for outer, own in zip(arguments[place + 1 :], inner["inputs"], strict=True):
        if "as_tensor" in own:
            trace.names[own["as_tensor"]["name"]] = trace.carrier(outer["as_tensor"]["name"])
    _run_nodes(inner, trace, numbers, modules)
    made = _outputs(inner["outputs"])
    for outer_name, own_name in zip(_outputs(node["outputs"]), made, strict=True):
        trace.names[outer_name] = trace.carrier(own_name)


def _run(node: Json, trace: Trace, numbers: Mapping[str, Any], modules: Mapping[str, str]) -> None:
    target = str(node["target"])
    name = node.get("name") or ""
    outputs = tuple(_outputs(node["outputs"]))
    if not outputs:
        return  # arithmetic on sides, and checks: sides are known already
    space, _, rest = target.removeprefix("torch.ops.").partition(".")
    op = rest.partition(".")[0]
    try:
        rule = RULES.get(op) or RULES.get(op.rstrip("_"))
        if rule is None or space not in ("aten", "torchvision", "quantized_decomposed"):
            raise DscalcError(f"the operator is not known, and may cost something; {WAYS_OUT}")
        arguments = {a["name"]: _argument(a["arg"], numbers) for a in node["inputs"]}
        path = _path(arguments, modules) or name or outputs[0]
        rule(Call(op if op in RULES else op.rstrip("_"), path, arguments, outputs, trace))
    except DscalcError as error:
        where = f"{space}.{rest} '{name or outputs[0]}'"
        raise DscalcError(*(Problem(p.message, layer=where) for p in error.problems)) from None


def _outputs(outputs: Iterable[Json]) -> Iterable[str]:
    for output in outputs:
        if "as_tensor" in output:
            yield output["as_tensor"]["name"]
        elif "as_tensors" in output:
            yield from (tensor["name"] for tensor in output["as_tensors"])
        elif "as_optional_tensor" in output:
            yield output["as_optional_tensor"].get("as_tensor", {}).get("name", "")


def _path(arguments: Mapping[str, Any], modules: Mapping[str, str]) -> str:
    """The module whose parameters an operator takes."""
    for value in arguments.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Ref) and modules.get(item.name):
                return modules[item.name]
    return ""


def _argument(argument: Json, numbers: Mapping[str, Any]) -> Any:
    kind, value = next(iter(argument.items()))
    if kind == "as_none":
        return None
    if kind in ("as_tensor", "as_optional_tensor"):
        inner = value.get("as_tensor", value)
        return Ref(inner["name"]) if isinstance(inner, dict) and "name" in inner else None
    if kind in ("as_tensors", "as_optional_tensors"):
        return [_argument({"as_optional_tensor": item}, numbers) for item in value]
    if kind == "as_sym_int":
        return _sym_int(value, numbers)
    if kind == "as_sym_ints":
        return [_sym_int(item, numbers) for item in value]
    return value


def _sym_int(value: Json, numbers: Mapping[str, Any]) -> Any:
    return value["as_int"] if "as_int" in value else numbers.get(value["as_name"])
