"""Network, what is measured, and Report, what measuring it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from dscalc.errors import DscalcError, Problem
from dscalc.law.convert import CONVERSIONS
from dscalc.law.convolutions import Conv
from dscalc.law.fixed import check_scalable
from dscalc.law.items import Entry, Given, Reference, Role
from dscalc.law.layer import INPUT, BySides, Cost, Node, Shape, add_costs
from dscalc.law.rows import Row, Scope, locate, nodes_of
from dscalc.law.scaling import Scaling
from dscalc.law.tally import Rebuilt, Tally
from dscalc.law.walk import At, Walk
from dscalc.law.width import FLOOR, Depth, Width

if TYPE_CHECKING:
    from dscalc.law.lives import Lives


class Network(NamedTuple):
    """Layers, or the items of a file, in the order of execution, and what is asked of them.

    `input` is the shape of one example, channels last; `named_inputs` has those of several, of
    which it is the first. `alpha`, `rho` and `depth` are what `scale` has applied so far,
    `conversions` what convolutions were asked to become. `parameters` are those of the file with
    their values, `roles` what they stand for; `outputs` the layers that the file says go out.
    `notes` are sentences for people about what was found in a model file; `again` reads that file
    at other sides of its inputs, by their names, since what it holds need not follow by law.
    `lives` has the tensors of such a file as a device would plan them, while nothing is changed;
    `unplanned` is a sentence on operators of it that no layer stands for.
    """

    name: str
    input: Shape
    nodes: tuple[Entry, ...]
    width: Width = FLOOR
    source: str = ""
    file: str = ""
    alpha: float = 1.0
    rho: float = 1.0
    depth: float = 1.0
    depth_rule: Depth | None = None
    parameters: Mapping[str, Given] = {}
    roles: Mapping[str, Role] = {}
    outputs: tuple[Reference, ...] = ()
    conversions: tuple[str, ...] = ()
    named_inputs: Mapping[str, Shape] = {}
    notes: tuple[str, ...] = ()
    again: Callable[[Mapping[str, tuple[int, ...]]], Network] | None = None
    lives: Lives | None = None
    unplanned: str = ""

    @property
    def inputs(self) -> Mapping[str, Shape]:
        """The shape of every input by its name."""
        return self.named_inputs or {INPUT: self.input}

    @property
    def as_read(self) -> bool:
        """Whether it has the layers that its file has, at whatever sides."""
        return self.alpha == self.depth == 1.0 and not self.conversions

    @property
    def scaling(self) -> Scaling:
        return Scaling(self.width, self.alpha, self.depth, self.depth_rule)


class Report(NamedTuple):
    """A network with what each layer costs, and their sum.

    `outputs` are the names of the maps that go out; `rebuilt` the written numbers that the width
    rule builds as others at α = 1; `by_sides` is what decided by sides which layers there are.
    """

    network: Network
    rows: tuple[Row, ...]
    total: Cost
    outputs: tuple[str, ...] = ()
    rebuilt: tuple[Rebuilt, ...] = ()
    by_sides: tuple[BySides, ...] = ()

    @property
    def output(self) -> Shape:
        """What the network gives; the last of several."""
        return list(self.output_maps().values())[-1]

    def output_maps(self) -> dict[str, Shape]:
        """The shape of every map that goes out, by the name of the layer that makes it."""
        scope = Scope(self.network.inputs.items(), {})
        for row in self.rows:
            scope.append(row)
        return {name: scope.shape(name) for name in self.outputs}

    def expanded(self) -> list[Row]:
        """The rows with every block as the elementary layers it consists of."""
        return [part for row in self.rows for part in row.expanded()]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The layers of whole numbers that were measured."""
        return nodes_of(self.rows)

    def by_kind(self) -> dict[str, Cost]:
        """The cost of each kind of convolution, dearest first; kinds without cost left out."""
        kinds: dict[str, list[Cost]] = {}
        for row in self.expanded():
            if any(row.cost):
                kinds.setdefault(row.kind, []).append(row.cost)
        sums = [(kind, add_costs(costs)) for kind, costs in kinds.items()]
        return dict(sorted(sums, key=lambda item: -item[1].mult_adds))


def measure(network: Network) -> Report:
    """What every layer of `network` costs.

    Raises DscalcError, naming the layer and its place, where a layer does not fit its input.
    """
    try:
        return _measured(network)
    except DscalcError as error:
        if network.alpha == 1.0:
            raise
        _check_scalable_as_written(network)
        context = f" (channels at α = {network.alpha:g})"
        problems = [
            p._replace(message=f"{p.message}{_hint_of_groups(p, network)}{context}")
            for p in error.problems
        ]
        raise DscalcError(*problems) from None


def measured_or_none(network: Network) -> Report | None:
    """What `measure` says of a network; None, without the reason, where it raises DscalcError."""
    try:
        return _measured(network)
    except DscalcError:
        return None


def _measured(network: Network) -> Report:
    walk = Walk(network.scaling, list(network.inputs.items()), Tally())
    lay_out(walk, network)
    given = tuple(network.inputs)
    rows, rebuilt = tuple(walk.scope.rows), tuple(walk.tally.rebuilt)
    _check_scalable(network, rows)
    outputs = tuple(name for one in network.outputs for name in walk.names.refer(one, ("",)))
    _check_groups(network, rows)
    for conversion in network.conversions:
        rows = converted(rows, network.inputs, conversion, outputs)
    total = add_costs([row.cost for row in rows])
    idle = _idle(rows, given)
    _check_outputs(network, rows, outputs, idle)
    by_sides = tuple(walk.scope.by_sides)
    return Report(network, rows, total, outputs or idle, rebuilt, by_sides)


def lay_out(walk: Walk, network: Network) -> None:
    """Takes a new walk along the layers of a network."""
    here = At({}, top=True)
    given = tuple(network.inputs)
    values = {
        name: walk.given(value, network.roles[name], here, given, {})
        for name, value in network.parameters.items()
    }
    for name, value in network.parameters.items():
        if network.roles[name] == "channels":
            walk.note(name, value, values[name], {})
    here = here._replace(values=values)
    walk.entries(network.nodes, here, given)


def _check_groups(network: Network, rows: tuple[Row, ...]) -> None:
    """Raises DscalcError where α would make another thing of what is depthwise by its numbers.

    At α = 1 its groups are the channels that come in; written as a number they stay, and the
    channels do not.
    """
    if network.alpha == 1.0 or not any(map(_is_grouped, rows)):
        return
    depthwise = _depthwise_as_written(network)
    for row in [part for whole in rows for part in whole.expanded()]:
        if row.name in depthwise and row.kind == "group" and isinstance(row.layer, Conv):
            message = f"g={row.layer.g} makes it depthwise at α = 1, and something else here"
            raise DscalcError(locate(Problem(message, "g"), row.name, row.places))


def _depthwise_as_written(network: Network) -> set[str]:
    """The layers that are depthwise at α = 1; none where the network does not fit itself."""
    report = measured_or_none(network._replace(alpha=1.0, conversions=()))
    rows = report.expanded() if report else ()
    return {row.name for row in rows if row.kind == "depthwise"}


def _hint_of_groups(problem: Problem, network: Network) -> str:
    """What to write where groups that are depthwise at α = 1 do not fit at another."""
    if problem.key != "g" or problem.layer not in _depthwise_as_written(network):
        return ""
    return "; write depthwise, or g: in, where groups follow the channels"


def _is_grouped(row: Row) -> bool:
    """Whether a layer, or a part of it, is a group convolution."""
    return any(map(_is_grouped, row.parts)) if row.parts else row.kind == "group"


def _check_scalable(network: Network, rows: tuple[Row, ...]) -> None:
    """Raises DscalcError where a multiplier does not reach what an opaque layer stands before."""
    of_sides = network.rho != 1.0 and network.again is None
    if network.alpha != 1.0 or of_sides:
        check_scalable(rows, network.inputs, of_sides)


def _check_scalable_as_written(network: Network) -> None:
    """The same of a network that cannot be laid out at its α, which is why it cannot."""
    report = measured_or_none(network._replace(alpha=1.0))
    if report is not None:
        _check_scalable(network, report.rows)


def converted(
    rows: tuple[Row, ...], inputs: Mapping[str, Shape], conversion: str, outputs: tuple[str, ...]
) -> tuple[Row, ...]:
    """The rows with other convolutions, measured again, until nothing is left to convert."""
    while True:
        nodes = CONVERSIONS[conversion](rows, outputs)
        if nodes == nodes_of(rows):
            return rows
        scope = Scope(inputs.items(), {})
        for node in nodes:
            scope.measure(*node)
        rows = tuple(scope.rows)


def _idle(rows: tuple[Row, ...], given: tuple[str, ...]) -> tuple[str, ...]:
    """The maps that no layer takes; the input where there is no layer."""
    taken = {name for row in rows for name in row.inputs}
    idle = [path for row in rows for path in _given(row) if path not in taken]
    return tuple(idle) or ((rows[-1].name,) if rows else given)


def _given(row: Row) -> list[str]:
    """The names of the maps that a row gives."""
    outputs: tuple[str, ...] = vars(row.layer).get("outputs", ())
    return [f"{row.name}.{inner}" for inner in outputs] or [row.name]


def _check_outputs(
    network: Network, rows: tuple[Row, ...], outputs: tuple[str, ...], idle: tuple[str, ...]
) -> None:
    """Raises DscalcError where a layer is idle that the file does not say goes out."""
    if not network.outputs or network.conversions:
        return
    for name in idle:
        if name not in outputs:
            row = next(row for row in rows if name == row.name or name.startswith(f"{row.name}."))
            place = row.places[""] if row.places else None
            message = "nobody takes what it gives, and it is not among the outputs"
            raise DscalcError(Problem(message, layer=name, place=place))
