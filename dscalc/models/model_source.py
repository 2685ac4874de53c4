"""A model file, or the bytes of one: what can be read again at other sides of its inputs."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dscalc.errors import DscalcError
from dscalc.models.model_file import read_model_file

if TYPE_CHECKING:
    from dscalc.law.network import Network
    from dscalc.models.inputs import Given
    from dscalc.models.lowering.lower import Input


class Source(NamedTuple):
    """A model file, or the bytes of one that has no file, and what its inputs are given.

    It can be pickled, and so can its method that reads the model again.
    """

    name: str
    data: bytes | None
    given: Given
    inputs: Mapping[str, Input] = {}

    def read_at(self, sides: Mapping[str, tuple[int, ...]]) -> Network:
        """The network at these sides of its inputs, by the names that it has for them."""
        given = dict(self.given)
        for name, (tensor, sizes, axes) in self.inputs.items():
            told = dict(zip(axes, sides[name], strict=True))
            given[tensor] = tuple(told.get(axis, size) for axis, size in enumerate(sizes))
        network = self._replace(given=given).network()
        if network is None:
            raise DscalcError(f"{self.name}: no model any more")
        return network

    def network(self) -> Network | None:
        """The network; None where the bytes are of no model, but perhaps of a text.

        Raises DscalcError as `read_model_file` does.
        """
        data = _mapped(self.name) if self.data is None else memoryview(self.data)
        lowered = read_model_file(data, self.name, self.given, self.beside)
        if lowered is None:
            return None
        again = self._replace(inputs=lowered.inputs).read_at
        return lowered.network._replace(again=again)

    def beside(self, name: str) -> memoryview | None:
        """A file that lies beside the model, and not elsewhere; None where there is none."""
        path = Path(self.name).parent / name
        inside = self.data is None and path.name == name
        return _mapped(str(path)) if inside and path.is_file() else None


def _mapped(name: str) -> memoryview:
    """A file's bytes, which are read only where they are looked at."""
    try:
        with Path(name).open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise DscalcError(f"{name}: {error.strerror}") from None
    except ValueError:  # an empty file cannot be mapped
        return memoryview(b"")
