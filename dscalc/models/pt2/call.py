"""One ATen operator of an exported program as a rule sees it, and the graph that rules write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from dscalc.errors import DscalcError
from dscalc.models.graph import Operator, Tensor, stored_numbers
from dscalc.models.kinds import (
    Attention,
    Conv,
    ConvTranspose,
    Embedding,
    Expand,
    Kind,
    Linear,
    Matmul,
    Opaque,
    Recurrent,
    Reshape,
    Slice,
    Split,
    Transpose,
)

Sides = tuple[int, ...]

# PyTorch runs these even on what is the same in every run (Swin V2's table of positions is made
# by linear layers out of stored coordinates); the rest is as good as stored.
RUN_ALWAYS = (Conv, ConvTranspose, Linear, Matmul, Attention, Recurrent, Embedding, Expand)
# But not what spectral norms do to weights, which no run needs and PyTorch's counter passes over.
OF_VECTORS = ("mv", "dot", "vdot")


class Ref(NamedTuple):
    """An argument that is a tensor."""

    name: str


class Trace:
    """The graph so far. `constants` are tensors that are the same in every run."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self.tensors = tensors
        self.constants = {name for name, tensor in tensors.items() if tensor.storage}
        self.operators: list[Operator] = []
        self.names: dict[str, str] = {}  # of what another tensor carries

    def carrier(self, name: str) -> str:
        """The tensor that holds what is called so."""
        return self.names.get(name, name)

    def shape(self, name: str) -> Sides:
        """The sides of a tensor; raises DscalcError where one depends on a run."""
        tensor = self.tensors.get(name)
        if tensor is None or tensor.shape is None:
            raise DscalcError(f"it takes '{name}', of which no shape is said")
        sides = tuple(side for side in tensor.shape if side is not None)
        if len(sides) < len(tensor.shape):
            raise DscalcError(f"a side of '{name}' depends on numbers that only a run has")
        return sides

    def write(self, operator: Operator) -> None:
        """Adds an operator, or finds what it makes to be constant."""
        taken = [name for name in operator.inputs if name]
        always = isinstance(operator.kind, RUN_ALWAYS) and operator.source not in OF_VECTORS
        if not always and all(name in self.constants for name in taken):
            self._keep(operator, taken)
            return
        for place, name in enumerate(operator.inputs):
            if name in self.constants and not self.tensors[name].storage:
                self._materialise(name, weight=always and place > 0)
        self.operators.append(operator)

    def _keep(self, operator: Operator, taken: list[str]) -> None:
        """What is computed from stored tensors is stored, for as many numbers as they have."""
        sources = [self.tensors[name] for name in taken]
        stored = any(tensor.storage for tensor in sources)
        learned = None if not sources else any(tensor.learned for tensor in sources)
        held = {t.storage: stored_numbers(t) for t in sources if t.learned and t.storage}
        for name in filter(None, operator.outputs):
            made = self.tensors[name]._replace(learned=learned)
            if isinstance(operator.kind, (Reshape, Transpose)):
                made = made._replace(storage=sources[0].storage, held=sources[0].held)
            elif isinstance(operator.kind, (Slice, Split)) or not held:
                made = made._replace(storage=name if stored else "")
            else:
                storage = next(iter(held)) if len(held) == 1 else name
                made = made._replace(storage=storage, held=sum(held.values()))
            self.tensors[name] = made
            self.constants.add(name)

    def _materialise(self, name: str, weight: bool) -> None:
        if weight:
            self.tensors[name] = self.tensors[name]._replace(storage=name)
            return
        why = "numbers that are the same in every run"
        self.operators.append(Operator(Opaque(why), "", (), (name,), "constant"))
        self.constants.discard(name)


class Call(NamedTuple):
    """A node: arguments by the schema's names for them, outputs, and where they are written to.

    `path` is the module whose parameters it takes, or the node's own name.
    """

    op: str
    path: str
    arguments: Mapping[str, Any]
    outputs: tuple[str, ...]
    trace: Trace

    def write(self, kind: Kind, inputs: Sequence[str], outputs: Sequence[str] = ()) -> None:
        """Writes an operator that makes `outputs`, or else what the node makes."""
        named = tuple(self.trace.carrier(name) for name in inputs)
        while named and not named[-1]:
            named = named[:-1]
        made = tuple(outputs) or self.outputs
        self.trace.write(Operator(kind, self.path, named, made, self.op))

    def same(self) -> None:
        """The node changes nothing that matters here."""
        self.trace.names[self.outputs[0]] = self.trace.carrier(self.first())

    def temporary(self, shape: Sides) -> str:
        """A tensor between two operators that are written for one node."""
        name = f"{self.outputs[0]}/{len(self.trace.tensors)}"
        self.trace.tensors[name] = Tensor(name, shape)
        return name

    def first(self) -> str:
        """The first argument that is a tensor."""
        for value in self.arguments.values():
            if isinstance(value, Ref):
                return value.name
        raise DscalcError("it takes no tensor")

    def every(self) -> list[str]:
        """All arguments that are tensors, in their order."""
        names: list[str] = []
        for value in self.arguments.values():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, Ref):
                    names.append(item.name)
        return names

    def tensor(self, name: str) -> str:
        """A tensor by the argument's name, empty if it is None or left out."""
        value = self.arguments.get(name)
        return value.name if isinstance(value, Ref) else ""

    def tensors(self, name: str) -> list[str]:
        """A list of tensors."""
        value = self.arguments.get(name)
        items = value if isinstance(value, list) else []
        return [item.name for item in items if isinstance(item, Ref)]

    def whole(self, name: str, default: int) -> int:
        """A whole number, also of a flag."""
        value = self.arguments.get(name, default)
        if not isinstance(value, int):
            raise DscalcError(f"the argument {name} should be a whole number")
        return value

    def wholes(self, name: str, default: Sides = ()) -> Sides:
        """A list of whole numbers; a single one is a list of one."""
        value = self.arguments.get(name)
        if value is None:
            return default
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, int) for item in items):
            raise DscalcError(f"the argument {name} should be whole numbers")
        return tuple(items)

    def each(self, name: str, count: int, default: int) -> Sides:
        """One whole number for each of `count` axes, also where one is written for all."""
        numbers = self.wholes(name) or (default,)
        numbers = numbers * count if len(numbers) == 1 else numbers
        if len(numbers) != count:
            raise DscalcError(f"the argument {name} has {len(numbers)} numbers for {count} axes")
        return numbers

    def text(self, name: str, default: str = "") -> str:
        """A word."""
        value = self.arguments.get(name, default)
        return value if isinstance(value, str) else default

    def shape(self, name: str) -> Sides:
        """The sides of a tensor of the graph."""
        return self.trace.shape(name)

    def made(self, index: int = 0) -> Sides:
        """The sides of an output."""
        return self.trace.shape(self.outputs[index])

    def stored(self, name: str) -> bool:
        """Whether a tensor is the same in every run."""
        return self.trace.carrier(name) in self.trace.constants

    def axis(self, value: int, name: str = "") -> int:
        """An axis of the first tensor (or another one) counted from the front."""
        rank = len(self.shape(name or self.first()))
        if not -rank <= value < max(rank, 1):
            raise DscalcError(f"axis {value} of a tensor of {rank} axes")
        return value % rank if rank else 0


Rule = Callable[[Call], None]


def words(text: str) -> list[str]:
    """Names in a row, which reads better than a column of two hundred."""
    return text.split()
