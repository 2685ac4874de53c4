"""The setting of a network: at which multipliers, and which size of its input, it is measured."""

from __future__ import annotations

from typing import NamedTuple

from dscalc.law.fields import Sizes
from dscalc.law.network import Network
from dscalc.law.rewrite import scale


class Setting(NamedTuple):
    """Width multiplier α, and ρ or a resolution for the sides of the input."""

    alpha: float = 1.0
    rho: float = 1.0
    resolution: Sizes | None = None


AS_WRITTEN = Setting()


def apply(network: Network, setting: Setting) -> Network:
    """The network at the setting; raises DscalcError as `scale` does."""
    return scale(network, **setting._asdict())
