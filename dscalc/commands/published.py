"""A network that a command names, with the accuracies that its authors published."""

from __future__ import annotations

from dscalc.analysis.accuracy import Top1, top1_of
from dscalc.language.files import accuracies_of
from dscalc.law.network import Network
from dscalc.law.setting import Setting, apply
from dscalc.models.source import load_file


def with_top1(name: str, setting: Setting) -> tuple[Network, Top1]:
    """The network at a setting; its accuracies are known by the network as it is written."""
    file = load_file(name, dict(setting.inputs))
    return apply(file.network, setting), top1_of(file.network, accuracies_of(name, file))
