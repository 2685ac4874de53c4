"""The setting of a network: at which multipliers, and which size of its input, it is measured."""

from __future__ import annotations

from typing import NamedTuple

from dscalc.law.fields import Sizes, written
from dscalc.law.items import Given
from dscalc.law.network import Network
from dscalc.law.rewrite import scale, with_parameters


class Setting(NamedTuple):
    """Width multiplier α, ρ or a resolution for the sides of the input, depth, file parameters."""

    alpha: float = 1.0
    rho: float = 1.0
    resolution: Sizes | None = None
    depth: float = 1.0
    parameters: tuple[tuple[str, Given], ...] = ()

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
        return told + [f"{name} {written(value)}" for name, value in self.parameters]


AS_WRITTEN = Setting()


def apply(network: Network, setting: Setting) -> Network:
    """The network at the setting; raises DscalcError as `scale` does."""
    alpha, rho, resolution, depth, parameters = setting
    changed = with_parameters(network, dict(parameters)) if parameters else network
    return scale(changed, alpha=alpha, rho=rho, resolution=resolution, depth=depth)
