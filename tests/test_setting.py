"""A setting says in one record what `scale` is told in three arguments."""

from __future__ import annotations

import pytest

from dscalc import DscalcError, load, scale
from dscalc.law.setting import AS_WRITTEN, Setting, apply

NETWORK = load("mobilenet")


@pytest.mark.parametrize(
    "setting",
    [
        Setting(0.5),
        Setting(rho=0.714),
        Setting(0.75, resolution=160),
        Setting(resolution=(160, 128)),
    ],
)
def test_a_setting_is_what_scale_is_told(setting: Setting) -> None:
    expected = scale(NETWORK, alpha=setting.alpha, rho=setting.rho, resolution=setting.resolution)
    assert apply(NETWORK, setting) == expected
    assert expected != NETWORK


def test_a_network_as_it_is_written() -> None:
    assert apply(NETWORK, AS_WRITTEN) is NETWORK


def test_a_setting_that_says_the_size_twice() -> None:
    with pytest.raises(DscalcError, match="give one of them"):
        apply(NETWORK, Setting(rho=0.5, resolution=160))
