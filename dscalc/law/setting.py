"""The setting of a network: at which multipliers, and which size of its input, it is measured."""

from __future__ import annotations

from typing import NamedTuple

from dscalc.law.fields import Sizes, written
from dscalc.law.items import Given
from dscalc.law.network import Network
from dscalc.law.rewrite import scale, with_parameters


class Setting(NamedTuple):
    """Width multiplier α, ρ or a resolution for the sides of the input, depth, file parameters.

    `inputs` are shapes of a model file's inputs, in its own order of axes, or single numbers; they
    are said when the file is read, and not changed afterwards.
    """

    alpha: float = 1.0
    rho: float = 1.0
    resolution: Sizes | None = None
    depth: float = 1.0
    parameters: tuple[tuple[str, Given], ...] = ()
    inputs: tuple[tuple[str, tuple[int, ...] | int | float], ...] = ()

    @property
    def parts(self) -> list[str]:
        """What it changes, with every digit, so that no two that differ look alike."""
        told = [
            f"{symbol} {str(factor).removesuffix('.0')}"
            for symbol, factor in (("α", self.alpha), ("depth", self.depth), ("ρ", self.rho))
            if factor != 1.0
        ]
        if self.resolution is not None:
            sides = self.resolution if isinstance(self.resolution, tuple) else (self.resolution,)
            told.append("×".join(map(str, sides)))
        told += [f"{name} {written(value)}" for name, value in self.parameters]
        for name, value in self.inputs:
            shown = "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
            told.append(f"{name} {shown}")
        return told


AS_WRITTEN = Setting()


def apply(network: Network, setting: Setting) -> Network:
    """The network, which was read with the setting's inputs, at the rest of the setting.

    Raises DscalcError as `scale` does.
    """
    alpha, rho, resolution, depth, parameters, _ = setting
    changed = with_parameters(network, dict(parameters)) if parameters else network
    return scale(changed, alpha=alpha, rho=rho, resolution=resolution, depth=depth)
