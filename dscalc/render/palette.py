"""The colours of pictures: by name for light and dark pages, of kinds of layers, of networks."""

from __future__ import annotations

from collections.abc import Sequence

from dscalc.render.scene import Fill, Shape

# Okabe and Ito's palette, which colour-blind readers tell apart, and one more of Paul Tol's.
LIGHT = {
    "ink": "#1b1f24",
    "soft": "#59636e",
    "line": "#d1d9e0",
    "page": "#ffffff",
    "blue": "#0072b2",
    "red": "#d55e00",
    "green": "#009e73",
    "pink": "#cc79a7",
    "orange": "#e69f00",
    "sky": "#56b4e9",
    "black": "#000000",
    "wine": "#882255",
    "grey": "#9aa3ab",
}
DARK = {
    "ink": "#e6edf3",
    "soft": "#9198a1",
    "line": "#3d444d",
    "page": "#0d1117",
    "blue": "#3d9fe0",
    "red": "#f07d2e",
    "green": "#22b98e",
    "pink": "#e09cc2",
    "orange": "#f5bd3d",
    "sky": "#8fd0fa",
    "black": "#f4f6f8",
    "wine": "#c95a8d",
    "grey": "#6b747d",
}
"""The same on a dark page."""
OTHER = "other kinds"
KINDS = {
    "conv": Fill("blue"),
    "depthwise": Fill("red", "lines"),
    "pointwise": Fill("sky"),
    "group": Fill("green", "back"),
    "conv_transpose": Fill("wine", "back"),
    "linear": Fill("black"),
    "attention": Fill("pink", "cross"),
    "matmul": Fill("pink"),
    "lstm": Fill("wine", "cross"),
    "gru": Fill("wine"),
    "norm": Fill("orange", "dots"),
    OTHER: Fill("grey"),
}
"""What a kind of layer looks like in every picture; patterns tell kinds apart in grey too."""
NETWORKS: Sequence[tuple[str, Shape]] = (
    ("blue", "circle"),
    ("red", "square"),
    ("green", "up"),
    ("orange", "diamond"),
    ("pink", "down"),
    ("black", "plus"),
    ("sky", "star"),
    ("wine", "bar"),
)
"""What tells networks apart, also where there are no colours."""

TENSORS = (Fill("blue"), Fill("red"), Fill("green"), Fill("wine"))
"""What tensors look like beside each other in memory; white words can be read on each."""


def kind_of(kind: str) -> str:
    """The kind as a legend lists it: those without a look of their own together."""
    return kind if kind in KINDS else OTHER


def palette_css() -> str:
    """The colours as a style sheet of a page that has pictures in it."""
    light, dark = (
        "".join(f"--plot-{name}:{value};" for name, value in colours.items())
        for colours in (LIGHT, DARK)
    )
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
