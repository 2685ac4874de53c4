"""The language of networks: what each text means, and every mistake at its line and column."""

from __future__ import annotations

import time

import pytest

from dscalc import (
    Add,
    Concat,
    Conv,
    Depthwise,
    DscalcError,
    GlobalPool,
    InvertedResidual,
    Linear,
    Network,
    Norm,
    Pointwise,
    Pool,
    Separable,
    Shape,
    Slice,
    SqueezeExcite,
    Upsample,
    Width,
    measure,
)
from dscalc.errors import MOST_PROBLEMS
from dscalc.language.network_file import read_network
from dscalc.law.layer import Layer
from dscalc.law.tally import MOST_COPIES as MOST_LAYERS

NO_NETWORK = "not a network: a network file is a mapping with the keys input and layers"
HEAD = "input: [8, 8, 4]\nlayers:\n"  # the first item stands on line 3


def read(items: str, head: str = HEAD) -> Network:
    return read_network(head + items, "f.yaml").network


def wiring(network: Network) -> list[str]:
    """Each node as NAME < INPUTS."""
    return [f"{node.name} < {', '.join(node.inputs)}" for node in measure(network).nodes]


def complaints(text: str) -> list[str]:
    """Every mistake in the text, or in measuring it, as line:column: message."""
    with pytest.raises(DscalcError) as error:
        measure(read_network(text, "f.yaml").network)
    lines = [str(problem).splitlines()[0] for problem in error.value.problems]
    assert all(line.startswith("f.yaml:") for line in lines)
    return [line.removeprefix("f.yaml:") for line in lines]


# ---------------------------------------------------------------- a whole file


def test_every_key_of_a_network() -> None:
    network = read_network(
        """\
name: Example
source: "by hand"
input: [32, 48, 3]
width: {round: nearest, min: 2, multiple_of: 4}
defaults: {norm: batch, bias: true, padding: 1}
layers:
  - conv: {n: 8, k: 3}
  - linear: {n: 5}
""",
        "nets/example.yaml",
    ).network
    assert network[:2] == ("Example", Shape((32, 48), 3))
    assert (network.source, network.file) == ("by hand", "nets/example.yaml")
    assert network.width == Width("nearest", 2, 4)
    assert [node.layer for node in measure(network).nodes] == [
        Conv(8, k=3, norm="batch", bias=True, padding=1),
        Linear(5),
    ]
    assert [node.line for node in measure(network).nodes] == [7, 8]


def test_a_network_without_a_name_has_its_file_s() -> None:
    assert read("  - flatten\n").name == "f.yaml"
    assert read("  - flatten\n").width == Width()


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("[400, 128]", Shape((400,), 128)),
        ("[224, 224, 3]", Shape((224, 224), 3)),
        ("[16, 112, 112, 3]", Shape((16, 112, 112), 3)),
    ],
)
def test_inputs_in_one_two_and_three_dimensions(text: str, shape: Shape) -> None:
    assert read_network(f"input: {text}\nlayers: [global_pool]").network.input == shape


@pytest.mark.parametrize(
    ("item", "layer"),
    [
        ("conv: {n: 8}", Conv(8)),
        ("conv: {n: 8, k: [3, 5], stride: [2, 1], padding: [1, 2], dilation: 2, g: 4}",
         Conv(8, k=(3, 5), stride=(2, 1), padding=(1, 2), dilation=2, g=4)),
        ("conv: {n: 8, padding: valid, bias: true, norm: layer}",
         Conv(8, padding="valid", bias=True, norm="layer")),
        ("conv: {n: 8, scale: false, at_least: 4}", Conv(8, scale=False, at_least=4)),
        ("depthwise", Depthwise()),
        ("depthwise:", Depthwise()),
        ("depthwise: ~", Depthwise()),
        ("depthwise: 2", Depthwise(k=2)),
        ("depthwise: {multiplier: 2, k: 5}", Depthwise(2, k=5)),
        ("pointwise: {n: 8, g: 2, stride: 2}", Pointwise(8, g=2, stride=2)),
        ("separable: {n: 8, multiplier: 2, depthwise_norm: none}",
         Separable(8, multiplier=2, depthwise_norm="none")),
        ("linear: {n: 8, scale: true}", Linear(8, scale=True)),
        ("pool: {k: 2}", Pool(2)),
        ("pool: {k: 3, stride: 2, ceil: true, type: avg, padding: 1}",
         Pool(3, stride=2, ceil=True, type="avg", padding=1)),
        ("global_pool", GlobalPool()),
        ("norm", Norm()),
        ("norm: layer", Norm("layer")),
        ("norm: {type: layer}", Norm("layer")),
        ("inverted_residual: {n: 8, expand: 3.5, se: 4, se_of: input}",
         InvertedResidual(8, expand=3.5, se=4, se_of="input")),
        ("squeeze_excite: {reduction: 16}", SqueezeExcite(16)),
    ],
)  # fmt: skip
def test_an_item_is_a_layer(item: str, layer: Layer | None) -> None:
    if layer is None:
        assert complaints(f"{HEAD}  - {item}\n")
    else:
        (node,) = measure(read(f"  - {item}\n")).nodes
        assert node.layer == layer


def test_defaults_are_of_every_convolution_and_yield_to_the_layer_s_own() -> None:
    network = read(
        "  - conv: {n: 8}\n  - separable: {n: 8, norm: none}\n  - pointwise: {n: 8}\n"
        "  - inverted_residual: {n: 8}\n  - conv_transpose: {n: 8, padding: same}\n"
        "  - linear: {n: 8}\n  - pool: {k: 3}\n  - squeeze_excite\n",
        "input: [8, 8, 4]\ndefaults: {norm: batch, padding: 1, bias: true}\nlayers:\n",
    )
    told = [vars(node.layer) for node in measure(network).nodes]
    assert [layer.get("norm") for layer in told] == [
        *("batch", "none", "batch", "batch", "batch"),
        *("none", None, None),
    ]
    assert [layer.get("padding") for layer in told] == [
        *(1, 1, None, 1, "same"),
        *(None, "valid", None),
    ]
    assert [layer.get("bias") for layer in told] == [True] * 5 + [False, None, True]


# ---------------------------------------------------------------- names, repeat, from


def test_layers_are_named_by_kind_and_position_or_as_told() -> None:
    network = read("  - conv: {n: 4}\n  - conv: {n: 4}\n    name: stem\n  - flatten\n")
    assert wiring(network) == ["conv1 < input", "stem < conv1", "flatten3 < stem"]


def test_repeat_makes_copies_and_a_stride_belongs_to_the_first() -> None:
    network = read(
        "  - conv: {n: 8, stride: 2}\n    repeat: 3\n  - {name: s, repeat: 2, separable: {n: 8}}\n"
        "  - flatten\n"
    )
    assert wiring(network) == [
        "conv1 < input",
        "conv2 < conv1",
        "conv3 < conv2",
        "s1 < conv3",
        "s2 < s1",
        "flatten6 < s2",
    ]
    assert [node.layer for node in measure(network).nodes[:3]] == [
        Conv(8, stride=2),
        Conv(8),
        Conv(8),
    ]
    nodes = measure(network).nodes
    assert nodes[1].layer is nodes[2].layer
    assert {node.line for node in measure(network).nodes[:3]} == {3}


def test_repeat_once_keeps_the_name() -> None:
    assert wiring(read("  - {name: a, repeat: 1, flatten: }\n")) == ["a < input"]


def test_from_continues_from_an_earlier_layer() -> None:
    network = read(
        "  - {name: a, conv: {n: 4}}\n  - {name: b, conv: {n: 4}}\n"
        "  - {name: c, from: a, conv: {n: 4}}\n  - {name: d, from: input, conv: {n: 4}}\n"
        "  - {name: r, repeat: 2, from: a, conv: {n: 4}}\n  - {name: e, from: r, flatten: }\n"
        "  - {name: f, from: r1, flatten: }\n"
    )
    assert wiring(network) == [
        "a < input",
        "b < a",
        "c < a",
        "d < input",
        "r1 < a",
        "r2 < r1",
        "e < r2",
        "f < r1",
    ]


def test_a_sequence_is_a_list_of_layers_under_one_name() -> None:
    network = read(
        "  - sequence:\n      - conv: {n: 8, stride: 2}\n      - norm\n    repeat: 2\n"
        "  - name: stage\n    sequence:\n      - sequence: [depthwise]\n      - flatten\n"
        "  - {from: stage, linear: {n: 3}}\n"
    )
    assert wiring(network) == [
        "sequence1.conv1 < input",
        "sequence1.norm2 < sequence1.conv1",
        "sequence2.conv1 < sequence1.norm2",
        "sequence2.norm2 < sequence2.conv1",
        "stage.sequence1.depthwise1 < sequence2.norm2",
        "stage.flatten2 < stage.sequence1.depthwise1",
        "linear4 < stage.flatten2",
    ]
    strides = [vars(node.layer).get("stride") for node in measure(network).nodes[:4:2]]
    assert strides == [2, 1]


def test_names_are_looked_up_in_the_list_and_in_those_around_it() -> None:
    network = read(
        "  - {name: a, conv: {n: 4}}\n"
        "  - name: s\n"
        "    sequence:\n"
        "      - {name: b, conv: {n: 4}}\n"
        "      - {from: a, conv: {n: 4}}\n"
        "      - {name: a, from: b, conv: {n: 4}}\n"
        "      - {from: a, flatten: }\n"
        "  - {from: s.b, flatten: }\n"
    )
    assert wiring(network)[2:] == [
        "s.conv2 < a",
        "s.a < s.b",
        "s.flatten4 < s.a",
        "flatten3 < s.b",
    ]


# ---------------------------------------------------------------- structures


def test_residual() -> None:
    network = read(
        "  - {name: r, residual: [{conv: {n: 4}}, norm]}\n"
        "  - name: p\n"
        "    residual:\n"
        "      body: [{conv: {n: 8, stride: 2}}]\n"
        "      shortcut: [{pointwise: {n: 8, stride: 2}}]\n"
        "    repeat: 2\n"
    )
    assert wiring(network) == [
        "r.conv1 < input",
        "r.norm2 < r.conv1",
        "r < r.norm2, input",
        "p1.conv1 < r",
        "p1.shortcut.pointwise1 < r",
        "p1 < p1.conv1, p1.shortcut.pointwise1",
        "p2.conv1 < p1",
        "p2.shortcut.pointwise1 < p1",
        "p2 < p2.conv1, p2.shortcut.pointwise1",
    ]
    assert measure(network).output == Shape((4, 4), 8)


def test_concat_and_split() -> None:
    network = read(
        "  - {name: c, concat: [[], [{conv: {n: 6}}], [depthwise, norm]]}\n"
        "  - {name: s, split: [[], [{pointwise: {n: 3}}]]}\n"
    )
    assert wiring(network) == [
        "c.2.conv1 < input",
        "c.3.depthwise1 < input",
        "c.3.norm2 < c.3.depthwise1",
        "c < input, c.2.conv1, c.3.norm2",
        "s.1.part < c",
        "s.2.part < c",
        "s.2.pointwise1 < s.2.part",
        "s < s.1.part, s.2.pointwise1",
    ]
    report = measure(network)
    assert [str(row.output) for row in report.rows if row.name in ("c", "s")] == [
        "8×8×14",
        "8×8×10",
    ]


def test_earlier_layers_are_joined_by_name() -> None:
    network = read(
        "  - {name: a, conv: {n: 4}}\n  - {name: b, conv: {n: 4}}\n"
        "  - {name: s, add: [a, b, input]}\n  - {name: c, concat: [a, s]}\n"
        "  - {name: d, conv: {n: 2, stride: 2}}\n"
        "  - {name: e, concat: {of: [c, d], crop: true}}\n"
    )
    assert wiring(network)[2:4] == ["s < a, b, input", "c < a, s"]
    assert [node.layer for node in measure(network).nodes[2:4]] == [Add(), Concat()]
    assert measure(network).nodes[5].layer == Concat(crop=True)
    assert measure(network).output == Shape((4, 4), 10)


def test_aliases_stand_for_what_they_name() -> None:
    network = read_network(
        "input: [8, 8, 4]\nlayers:\n  - &c {conv: {n: 8, stride: 2}}\n  - *c\n"
        "  - sequence: &s [depthwise]\n  - sequence: *s\n"
    ).network
    assert wiring(network) == [
        "conv1 < input",
        "conv2 < conv1",
        "sequence3.depthwise1 < conv2",
        "sequence4.depthwise1 < sequence3.depthwise1",
    ]


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("[]", [f"1:1: {NO_NETWORK}"]),
        ("null", [f"1:1: {NO_NETWORK}"]),
        ("a: 1", [
            "1:1: unknown key 'a' in a network",
            "1:1: 'input' is missing",
            "1:1: 'layers' is missing",
        ]),
        ("input: [8, 8, 4]\nlayer: [flatten]\n", [
            "1:1: 'layers' is missing",
            "2:1: unknown key 'layer' in a network; did you mean 'layers'?",
        ]),
        ("input: [8, 8, 4]\nlayers: []\n", ["2:9: a network without layers"]),
        ("input: [8, 8, 4]\nlayers:\n", ["2:8: here must be a list of layers"]),
        ("input: [8, 8, 4]\nlayers: conv\n", ["2:9: here must be a list of layers; write [conv]"]),
        ("input: [8, 8, 4]\nlayers: {conv: {n: 4}}\n",
         ["2:9: here must be a list of layers: put a dash before conv (- conv: …)"]),
        ("name: 3\ninput: [8, 8, 4]\nlayers: [flatten]\n", ["1:7: 'name' must be text"]),
        ("name: ''\ninput: [8, 8, 4]\nlayers: [flatten]\n", ["1:7: 'name' must be text"]),
        ("input: [8, 8, 4]\nlayers: [flatten]\nwidth: 8\n", ["3:8: width must be a mapping"]),
        ("input: [8, 8, 4]\nlayers: [flatten]\nwidth: {round: up, min: 0, of: 8, fixed: 1}\n", [
            "3:16: round must be floor or nearest, not 'up'",
            "3:25: min must be at least 1, not 0",
            "3:28: unknown key 'of' in width",
            "3:42: fixed must say why",
        ]),
        ("input: [8, 8, 4]\nlayers: [flatten]\ndefaults: {norm: grou, k: 3, bias: 1}\n", [
            "3:18: norm must be batch, layer, group, instance or none, not 'grou'; "
            "did you mean 'group'?",
            "3:24: unknown key 'k' in defaults",
            "3:36: bias must be true or false, not 1",
        ]),
    ],
)  # fmt: skip
def test_mistakes_around_the_layers(text: str, messages: list[str]) -> None:
    assert complaints(text) == messages


@pytest.mark.parametrize(
    "shape",
    ["8", "[8]", "[]", "[8, 8, 8, 8, 8]", "[0, 8, 4]", "[8, 8, 0]", "[8, -8, 4]", "[8, 8.5, 4]",
     "[8, 8, four]", "[.nan, 8, 4]", "[.inf, 8, 4]", "[8, true, 4]", "[8, [8], 4]",
     "224x224x3", "[8, 8, 1000000000001]", "[8, 8, ~]"],
)  # fmt: skip
def test_an_input_that_is_no_shape(shape: str) -> None:
    (message,) = complaints(f"layers: [flatten]\ninput: {shape}\n")
    assert message.startswith("2:8: input must be the sides, then the channels, each a whole")


@pytest.mark.parametrize(
    ("item", "messages"),
    [
        # kinds
        ("banana", ["3:5: unknown kind 'banana'"]),
        ("seperable: {n: 4}", ["3:5: unknown kind 'seperable'; did you mean 'separable'?"]),
        ("Conv2D: {filters: 4}", ["3:5: unknown kind 'Conv2D'; did you mean 'conv'?"]),
        ("dense: {n: 4}", ["3:5: unknown kind 'dense'; did you mean 'linear'?"]),
        ("relu",
         ["3:5: unknown kind 'relu'; activations and dropout cost nothing and are left out"]),
        ("Conv: {n: 4}", ["3:5: unknown kind 'Conv'; did you mean 'conv'?"]),
        ("{nam: a, flatten: }", ["3:6: unknown kind 'nam'; did you mean 'name'?"]),
        ("3", ["3:5: a layer is a kind, or a mapping with one kind"]),
        ("[conv]", ["3:5: a layer is a kind, or a mapping with one kind; a list stands here, as "
                    "behind two dashes (- - conv)"]),
        ("{}", ["3:5: a layer has one kind; this one names none"]),
        ("{name: a}", ["3:5: a layer has one kind; this one names none"]),
        ("{flatten: , norm: }", ["3:5: a layer has one kind; this one has flatten and norm"]),
        # keys
        ("conv: {n: 4, kernal: 3}", ["3:18: unknown key 'kernal' in conv; did you mean 'k'?"]),
        ("conv: {filters: 4, strides: 2, zzz: 1}", [
            "3:5: 'n' is missing in conv",
            "3:12: unknown key 'filters' in conv; did you mean 'n'?",
            "3:24: unknown key 'strides' in conv; did you mean 'stride'?",
            "3:36: unknown key 'zzz' in conv",
        ]),
        ("conv: {n: 4, n: 5}", ["3:18: a second 'n'; the first is on line 3"]),
        ("conv: {n: 4, m: 3}", ["3:18: unknown key 'm' in conv"]),
        ("depthwise: {n: 4}", ["3:17: unknown key 'n' in depthwise"]),
        ("conv", ["3:5: 'n' is missing in conv"]),
        ("pool: {}", ["3:5: 'k' is missing in pool"]),
        ("global_pool: {k: 2}", ["3:19: unknown key 'k' in global_pool"]),
        # values
        ("conv: {n: 0}", ["3:15: n must be at least 1, not 0"]),
        ("conv: {n: -4}", ["3:15: n must be at least 1, not -4"]),
        ("conv: {n: 4.5}", ["3:15: n must be a whole number, not 4.5"]),
        ("conv: {n: 4.0}", ["3:15: n must be a whole number, not 4.0"]),
        ("conv: {n: .nan}", ["3:15: n must be a whole number, not nan"]),
        ("conv: {n: .inf}", ["3:15: n must be a whole number, not inf"]),
        ("conv: {n: yes}", ["3:15: n must be a whole number, not 'yes'"]),
        ("conv: {n: '4'}", ["3:15: n must be a whole number, not '4'"]),
        ("conv: {n: [4]}", ["3:15: n must be a whole number, not [4]"]),
        ("conv: {n: ~}", ["3:15: n must be a whole number, not null"]),
        ("conv: {n: 1000000000001}", ["3:15: n must be at most 1,000,000,000,000"]),
        ("conv: {n: 4, k: 0}", ["3:21: k must be at least 1, not 0"]),
        ("conv: {n: 4, k: [3, 0]}", ["3:21: k must be at least 1, not 0"]),
        ("conv: {n: 4, k: 1.5}", ["3:21: k must be a whole number, not 1.5"]),
        ("conv: {n: 4, k: []}",
         ["3:21: k must be a number, or one for each of 1 to 3 axes, not 0 of them"]),
        ("conv: {n: 4, stride: 0, dilation: -1}", [
            "3:26: stride must be at least 1, not 0",
            "3:39: dilation must be at least 1, not -1",
        ]),
        ("conv: {n: 4, padding: full}",
         ["3:27: padding must be same, valid, causal or numbers, not 'full'"]),
        ("conv: {n: 4, padding: -1}", ["3:27: padding must be at least 0, not -1"]),
        ("conv: {n: 4, bias: yes}", ["3:24: bias must be true or false, not 'yes'"]),
        ("depthwise: {multiplier: 0}", ["3:29: multiplier must be at least 1, not 0"]),
        ("inverted_residual: {n: 4, expand: 0}",
         ["3:39: expand must be a positive number, not 0"]),
        # repeat, name, from
        ("{flatten: , repeat: 0}", ["3:25: repeat must be at least 1, not 0"]),
        ("{flatten: , repeat: 1.5}", ["3:25: repeat must be a whole number, not 1.5"]),
        ("{flatten: , repeat: true}", ["3:25: repeat must be a whole number, not true"]),
        ("{flatten: , repeat: 100001}", ["3:25: repeat must be at most 100,000, not 100001"]),
        ("{flatten: , repeat: [2]}", ["3:25: repeat must be a whole number, not [2]"]),
        ("{flatten: , name: 3}", ["3:23: 'name' must be text"]),
        ("{flatten: , name: }", ["3:23: 'name' must be text"]),
        ("{flatten: , from: nowhere}", ["3:23: flatten1: no earlier layer is called 'nowhere'"]),
        ("{flatten: , from: inputs}",
         ["3:23: flatten1: no earlier layer is called 'inputs'; did you mean 'input'?"]),
        ("{flatten: , from: [input, 3]}", ["3:31: from must be the name of an earlier layer"]),
        ("{flatten: , name: input}", ["3:6: input: an earlier layer is called 'input' too"]),
        # structures
        ("sequence: flatten", ["3:15: here must be a list of layers; write [flatten]"]),
        ("residual:", ["3:5: residual needs a list"]),
        ("residual: {shortcut: []}", ["3:5: 'body' is missing in residual"]),
        ("residual: {body: [], shortcuts: []}",
         ["3:26: unknown key 'shortcuts' in residual; did you mean 'shortcut'?"]),
        ("concat: []",
         ["3:13: concat takes a list of names of earlier layers and lists of layers"]),
        ("concat: flatten",
         ["3:13: concat takes a list of names of earlier layers and lists of layers"]),
        ("split: [a, b]", None),
        ("concat: {of: [input, input], cropp: true}",
         ["3:34: unknown key 'cropp' in concat; did you mean 'crop'?"]),
        ("concat: {of: [input, input], crop: 1}", ["3:40: crop must be true or false, not 1"]),
        ("add: [input]", ["3:5: add1: add joins two maps or more, not 1"]),
        ("add: [[conv], [conv]]", ["3:12: 'n' is missing in conv", "3:20: 'n' is missing in conv"]),
        ("add: [input, nowhere]", ["3:18: add1: no earlier layer is called 'nowhere'"]),
        ("add: [input, 3]", ["3:18: from must be the name of an earlier layer"]),
        # what does not fit, found while measuring
        ("conv: {n: 4, g: 3}", ["3:21: conv1: g=3 does not divide the 4 input channels"]),
        ("conv: {n: 5, g: 2}", ["3:21: conv1: g=2 does not divide n=5"]),
        ("conv: {n: 4, k: 9, padding: valid}",
         ["3:21: conv1: a kernel of 9 is larger than its padded input of 8"]),
        ("separable: {n: 4, k: 9, padding: 0}",
         ["3:26: separable1.depthwise: a kernel of 9 is larger than its padded input of 8"]),
        ("conv: {n: 4, k: [3, 3, 3]}",
         ["3:21: conv1: k has 3 numbers, the number of axes is 2"]),
        ("pool: {k: 9}", ["3:15: pool1: a kernel of 9 is larger than its padded input of 8"]),
        ("residual: [{conv: {n: 5}}]",
         ["3:5: residual1: cannot add shapes that differ: 8×8×5 and 8×8×4"]),
        ("concat: [[], [{conv: {n: 4, stride: 2}}]]",
         ["3:5: concat1: cannot concatenate sides that differ: 8×8×4 and 4×4×4"]),
        ("split: [[], [], []]", None),
        ("{upsample: {factor: 1000000}, repeat: 9}", [
            "3:6: upsample2: its output 8000000000000×8000000000000×4 has a size over "
            "1,000,000,000,000",
        ]),
    ],
)  # fmt: skip
def test_mistakes_in_a_layer(item: str, messages: list[str] | None) -> None:
    found = complaints(f"{HEAD}  - {item}\n")
    assert found
    if messages is not None:
        assert found == messages


@pytest.mark.parametrize(
    ("item", "layer"),
    [
        ("conv: 4", Conv(4)),
        ("norm: layer", Norm("layer")),
        ("depthwise: 5", Depthwise(k=5)),
        ("upsample: [2, 4]", Upsample((2, 4))),
    ],
)
def test_the_first_key_of_a_kind_may_stand_alone(item: str, layer: Layer) -> None:
    (node,) = measure(read(f"  - {item}\n")).nodes
    assert node.layer == layer


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("conv: [4]", "3:11: conv must be a mapping of n, k, stride"),
        ("conv: same", "3:11: n must be a"),
        ("global_pool: 3", "3:18: global_pool must be a mapping of nothing"),
    ],
)
def test_a_wrong_value_alone_is_refused(item: str, said: str) -> None:
    assert complaints(f"{HEAD}  - {item}\n")[-1].startswith(said)


def test_an_error_quotes_the_line_itself() -> None:
    with pytest.raises(DscalcError) as error:
        read("  - separable: {kernal: 3, n: 64}\n")
    assert str(error.value) == (
        "f.yaml:3:17: unknown key 'kernal' in separable; did you mean 'k'?\n"
        "    3 |   - separable: {kernal: 3, n: 64}\n"
        "      |                 ^^^^^^"
    )


def test_every_mistake_of_a_file_is_shown_at_once_in_its_order() -> None:
    text = """\
nam: x
input: [8, 8, 0]
width: {round: up}
layers:
  - conv: {n: 0, kernal: 3}
  - banana
  - {name: a, conv: {n: 4}, repeat: -1}
  - {name: a, conv: {n: 4}, from: b}
  - conv: {n: 4, n: 5}
  - sequence:
      - add: [a, z]
"""
    assert [line.split(": ")[0] for line in complaints(text)] == [
        *("1:1", "2:8", "3:16", "5:15", "5:18", "6:5"),
        *("7:37", "9:18"),
    ]


def test_a_mistake_in_what_is_repeated_is_told_once() -> None:
    found = complaints(
        f"{HEAD}  - repeat: 9\n    sequence: [{{conv: {{n: 0}}}}, {{flatten: , form: z}}]\n"
    )
    assert found == [
        "4:27: n must be at least 1, not 0",
        "4:44: unknown kind 'form'; did you mean 'norm'?",
    ]


@pytest.mark.parametrize(
    "items",
    [
        f"  - {{flatten: , repeat: {MOST_LAYERS}}}\n  - flatten\n",
        "  - {repeat: 1000, sequence: [{repeat: 1000, sequence: [{repeat: 1000, flatten: }]}]}\n",
        "  - {repeat: 1000, sequence: [{repeat: 1000, sequence: []}]}\n",
        "  - {repeat: 1000, residual: [{repeat: 1000, residual: []}]}\n",
    ],
    ids=["one after another", "inside each other", "empty ones", "empty residuals"],
)
def test_more_layers_than_can_be_told_in_a_moment_are_refused(items: str) -> None:
    started = time.perf_counter()
    assert complaints(HEAD + items)[-1].endswith(f"more than {MOST_LAYERS:,} layers")
    assert time.perf_counter() - started < 10


def test_names_cannot_fill_the_memory() -> None:
    found = complaints(f"{HEAD}  - {{name: {'x' * 100_000}, repeat: 1000, flatten: }}\n")
    assert len(found) == 1
    assert found[0].endswith("a name of more than 400 characters")


@pytest.mark.parametrize(
    "items",
    [
        "".join(f"  - kind{i}: {{n: 4}}\n" for i in range(1000)),
        "".join(f"  - {{conv: {{n: m{i}}}}}\n" for i in range(1000)),
        "  - conv: {n: 4, " + ", ".join(f"key{i}: 1" for i in range(1000)) + "}\n",
    ],
    ids=["kinds", "names", "keys"],
)
def test_mistakes_without_number_are_cut_and_told_soon(items: str) -> None:
    started = time.perf_counter()
    assert len(complaints(HEAD + items)) == MOST_PROBLEMS + 1
    assert time.perf_counter() - started < 5


def test_a_split_of_channels_that_do_not_part() -> None:
    (message,) = complaints(f"{HEAD}  - split: [[], [], []]\n")
    assert message == "3:5: split1: cannot split 4 channels into 3 equal parts"
    assert Slice(n=3) == Slice(3)


@pytest.mark.parametrize(
    "item",
    [
        f"{{add: [{', '.join(['[]'] * 300)}], repeat: 90000}}",
        f"{{add: [{', '.join(['input'] * 3000)}], repeat: 90000}}",
    ],
    ids=["branches", "names"],
)
def test_more_inputs_than_can_be_held_are_refused(item: str) -> None:
    (said,) = complaints(f"input: [8, 8, 4]\nlayers: [{item}]\n")
    assert said.endswith(("more than 300,000 inputs of layers", "more than 100,000 layers"))


def test_from_has_no_say_where_layers_are_named() -> None:
    text = "input: [8, 8, 4]\nlayers: [{name: a, flatten: }, {add: [a, a], from: a}]\n"
    assert complaints(text) == ["2:52: add names what it takes; from has no say"]
