"""Errors meet people where they are: words of other places, braces, dashes, axes, shapes."""

from __future__ import annotations

import pytest

from dscalc import DscalcError, measure
from dscalc.language.network_file import read_network

HEAD = "input: [8, 8, 4]\nlayers:\n"


def told(text: str) -> list[str]:
    """What reading and measuring a text complains of: LINE:COLUMN: SENTENCE."""
    with pytest.raises(DscalcError) as error:
        measure(read_network(text, "f.yaml").network)
    found = error.value.problems
    return [f"{p.place.line}:{p.place.column}: {p.sentence}" if p.place else str(p) for p in found]


def told_of(item: str) -> str:
    """The one complaint about an item of a list, from the third line on."""
    (message,) = told(f"{HEAD}  - {item}\n")
    return message


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("se: 4", "3:5: unknown kind 'se'; did you mean 'squeeze_excite'?"),
        ("mbconv: {n: 8}", "3:5: unknown kind 'mbconv'; did you mean 'inverted_residual'?"),
        ("MBConv: {n: 8}", "3:5: unknown kind 'MBConv'; did you mean 'inverted_residual'?"),
        ("dwconv", "3:5: unknown kind 'dwconv'; did you mean 'depthwise'?"),
        ("DepthwiseConv2D", "3:5: unknown kind 'DepthwiseConv2D'; did you mean 'depthwise'?"),
        ("conv_dw", "3:5: unknown kind 'conv_dw'; did you mean 'depthwise'?"),
        ("conv1x1: {n: 8}", "3:5: unknown kind 'conv1x1'; did you mean 'pointwise'?"),
        ("conv3x3: {n: 8}", "3:5: unknown kind 'conv3x3'; did you mean 'conv'? It has k: 3"),
        ("SeparableConv2D: {n: 8}",
         "3:5: unknown kind 'SeparableConv2D'; did you mean 'separable'?"),
        ("ConvTranspose2d: {n: 8}",
         "3:5: unknown kind 'ConvTranspose2d'; did you mean 'conv_transpose'?"),
        ("MaxPool2d: 2", "3:5: unknown kind 'MaxPool2d'; did you mean 'pool'?"),
        ("GlobalAveragePooling2D",
         "3:5: unknown kind 'GlobalAveragePooling2D'; did you mean 'global_pool'?"),
        ("BatchNorm2d", "3:5: unknown kind 'BatchNorm2d'; did you mean 'norm'?"),
        ("bottleneck: {n: 8}",
         "3:5: unknown kind 'bottleneck'; write a block, or residual: [pointwise, conv, "
         "pointwise]"),
        ("prelu", "3:5: unknown kind 'prelu'; PReLU is parameters: {n: in}"),
        ("leaky_relu",
         "3:5: unknown kind 'leaky_relu'; an activation costs memory alone: {conv: {n: …, "
         "activation: leaky_relu}}, or a layer by itself, - activation: leaky_relu"),
        ("channel_shuffle: 2",
         "3:5: unknown kind 'channel_shuffle'; did you mean 'shuffle'?"),
        ("skip: [norm]", "3:5: unknown kind 'skip'; did you mean 'residual'?"),
        ("conv: {n: 8, act: relu}",
         "3:18: unknown key 'act' in conv; did you mean 'activation'?"),
        ("inverted_residual: {n: 8, t: 6}",
         "3:31: unknown key 't' in inverted_residual; did you mean 'expand'?"),
        ("conv: {n: 8, in_channels: 4}", "3:18: unknown key 'in_channels' in conv; input channels "
         "are never written, they follow from the layer before"),
        ("conv: {n: 8, norm: bn}", "3:24: norm must be batch, layer, group, instance or none, "
         "not 'bn'; did you mean 'batch'?"),
        ("squeeze_excite: {reduction: 0.25}",
         "3:33: reduction divides, so it must be at least 1, not 0.25; did you mean 4?"),
        ("inverted_residual: {n: 8, se: 0.25}",
         "3:35: se divides, so it must be at least 1, not 0.25; did you mean 4?"),
    ],
)  # fmt: skip
def test_words_of_other_places(item: str, message: str) -> None:
    assert told_of(item) == message


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("swich", "swish"), ("ReLU", "relu"), ("hardswish", "hard_swish")),
        *(("h_swish", "hard_swish"), ("relu_6", "relu6"), ("leaky", "leaky_relu")),
        *(("linear", "none"), ("frobnicate", None)),
    ],
)
def test_the_activation_that_was_meant(written: str, meant: str | None) -> None:
    hint = f"; did you mean '{meant}'?" if meant else ""
    for item in (f"activation: {written}", f"conv: {{n: 8, activation: {written}}}"):
        assert told_of(item).endswith(f"mish or softplus, not '{written}'{hint}")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("conv: {n: 8, name: a}",
         "3:18: 'name' stands beside conv, not inside it: {conv: {…}, name: …}"),
        ("conv: {n: 8, repeat: 2}",
         "3:18: 'repeat' stands beside conv, not inside it: {conv: {…}, repeat: …}"),
        ("residual: {body: [norm], name: a}",
         "3:30: 'name' stands beside residual, not inside it: {residual: {…}, name: …}"),
        ("add: {of: [input, input], name: a}",
         "3:31: 'name' stands beside add, not inside it: {add: {…}, name: …}"),
        ("split: {of: [[], []], name: a}",
         "3:27: 'name' stands beside split, not inside it: {split: {…}, name: …}"),
        ("conv: {n: 8}\n    stride: 2",
         "4:5: unknown kind 'stride'; keys of conv stand inside it: conv: {stride: …}"),
        ("conv: {n: 8}\n    padding: 2",
         "4:5: unknown kind 'padding'; keys of conv stand inside it: conv: {padding: …}"),
        ("conv: {n: 8}\n    activation: swish", "3:5: a layer has one kind; this one has conv and "
         "activation; keys of conv stand inside it: conv: {activation: …}"),
        ("norm\n    type: layer", "4:5: malformed YAML: did not find expected '-' indicator; keys "
         "of norm stand inside it: - norm: {type: …}"),
        ("norm\n    name: a", "4:5: malformed YAML: did not find expected '-' indicator; with a "
         "key on the next line the kind has a colon: - norm:"),
        ("norm\n      name: a", "4:11: malformed YAML: mapping values are not allowed in this "
         "context; with a key on the next line the kind has a colon: - norm:"),
    ],
)  # fmt: skip
def test_keys_inside_and_beside_a_kind(item: str, message: str) -> None:
    found = told_of(item)
    if "malformed" in message:  # in the parser's words, which differ between C and Python
        assert "malformed YAML: " in found
        found, message = found.rpartition("; ")[2], message.rpartition("; ")[2]
    assert found == message


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("concat:\n    - conv: {n: 8}",
         "4:7: concat takes lists of layers: put a second dash before conv (- - …)"),
        ("split: [norm: , []]",
         "3:13: split takes lists of layers: put a second dash before norm (- - …)"),
        ("add: [[], norm]", "3:15: add takes a list of lists: write [norm], or - - norm"),
        ("residual: {conv: {n: 4}}",
         "3:15: here must be a list of layers: put a dash before conv (- conv: …)"),
        ("residual: {body: {conv: {n: 4}}}",
         "3:22: here must be a list of layers: put a dash before conv (- conv: …)"),
        ("sequence: {layers: [norm]}",
         "3:15: here must be a list of layers, which stands here without 'layers'"),
        ("residual: norm", "3:15: here must be a list of layers; write [norm]"),
        ("- norm", "3:5: a layer is a kind, or a mapping with one kind; a list stands here, as "
         "behind two dashes (- - conv)"),
    ],
)  # fmt: skip
def test_lists_and_lists_of_lists(item: str, message: str) -> None:
    assert told_of(item) == message


def test_a_block_that_is_no_list() -> None:
    text = "input: [8, 8, 4]\nblocks: {B: {conv: {n: 8}}}\nlayers: [B]\n"
    assert told(text) == ["2:13: B is a list of layers: put a dash before conv"]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("conv: {n: 8, k: 3x5}", "3:21: k: write [3, 5] for 3x5"),
        ("conv: {n: 8, stride: 2×1}", "3:26: stride: write [2, 1] for 2×1"),
        ("conv: {n: 8, k: [3x5, 1]}", "3:22: k: write [3, 5] for 3x5"),
        ("pool: 3 x 2", "3:11: k: write [3, 2] for 3 x 2"),
        ("upsample: {size: 10x4}", "3:22: size: write [10, 4] for 10x4"),
        ("conv:\n      n: 8\n      k: (3, 5)",
         "5:10: k: '(3, 5)': numbers for each axis stand in square brackets: [3, 5]"),
        ("conv: {n: 8, k: [0, 1]}", "3:21: k must be at least 1, not 0"),
        ("conv: {n: [0, 1]}", "3:15: n must be a whole number, not [0, 1]"),
        ("conv: {n: true}", "3:15: n must be a whole number, not true"),
        ("conv: {n: 1_}", "3:15: n: '1_' is no expression: _ stands behind a number"),
        ("conv: {n: 8, padding: [[0, 1, 2], true]}",
         "3:27: padding must be a pair [before, behind] for each axis, not [[0, 1, 2], true]"),
    ],
)  # fmt: skip
def test_numbers_for_each_axis(item: str, message: str) -> None:
    assert told_of(item).startswith(message)


def test_thousands_are_marked_as_in_budgets() -> None:
    text = "input: [1_0, 8, 4]\nlayers: [conv: {n: 1_000, k: [1_1, 3]}]\n"
    assert measure(read_network(text).network).total.weights == 4 * 1000 * 33


SHAPE = ("input must be the sides, then the channels, each a whole number of at least 1: "
         "[L, C], [H, W, C] or [D, H, W, C]")  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("[640]", f"{SHAPE}; [1, 640] is one position of 640 channels"),
        ("224x224x3", f"{SHAPE}; write [224, 224, 3] for 224x224x3"),
        ("[3, 224, 224]", "channels come last: [224, 224, 3], not [3, 224, 224]"),
        ("[1, 28, 28]", "channels come last: [28, 28, 1], not [1, 28, 28]"),
        ("[1, 3, 224, 224]", "channels come last: [224, 224, 3], not [1, 3, 224, 224]"),
        ("[3, 16, 112, 112]", "channels come last: [16, 112, 112, 3], not [3, 16, 112, 112]"),
    ],
)
def test_shapes_of_inputs(shape: str, message: str) -> None:
    assert told(f"input: {shape}\nlayers: [norm]\n") == [f"1:8: {message}"]


@pytest.mark.parametrize("shape", ["[3, 16, 112, 3]", "[3, 224, 3]", "[3, 16, 24, 32]"])
def test_shapes_that_begin_like_a_picture(shape: str) -> None:
    assert measure(read_network(f"input: {shape}\nlayers: [norm]\n").network).rows


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("conv: {n: 8}, from: steem", "4:26: conv2: no earlier layer is called 'steem'"),
        ("add: [steem, input]", "4:12: add2: no earlier layer is called 'steem'"),
        ("upsample: {like: steem}", "4:23: upsample2: no earlier layer is called 'steem'"),
        ("conv: {n: 8}, shared: steem", "4:28: conv2: no earlier layer is called 'steem'"),
    ],
)
def test_a_name_that_no_layer_has_is_told_with_the_nearest(line: str, message: str) -> None:
    text = f"{HEAD}  - {{conv: {{n: 4}}, name: stem}}\n  - {{{line}}}\n"
    assert told(text) == [f"{message}; did you mean 'stem'?"]


def test_an_output_that_no_layer_has() -> None:
    text = f"{HEAD}  - {{norm, name: stem}}\noutputs: [steem]\n"
    assert told(text) == ["4:11: no earlier layer is called 'steem'; did you mean 'stem'?"]


BLOCKS = """\
input: [8, 8, 4]
blocks:
  Half: {with: {n}, layers: [pointwise: {n: n / 2}]}
  Two: {with: {n}, layers: [Half: {n: n}, Half: {n: n}]}
layers:
  - conv: {n: 8}
  - Two: {n: 47}
"""


def test_an_error_inside_a_block_names_its_place_and_its_uses() -> None:
    assert told(BLOCKS) == [
        "3:45: Two2.Half1.pointwise1: n / 2 is 23.5, which is no whole number (n = 47); "
        "Half is used at line 4; Two is used at line 7"
    ]


AGAIN = """\
input: [8, 8, 4]
blocks:
  Grouped: [conv: {n: 4, g: 4}]
  Inside: [pool: 2, Grouped]
  Shared:
    - {sequence: [conv: 4], repeat: 2, shared: true}
layers:
"""


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (
            "Inside",
            "3:29: Inside3.Grouped2.conv1: g=4 does not divide the 6 input channels; "
            "Grouped is used at line 4; Inside is used at line 10",
        ),
        (
            "Shared",
            "6:48: Shared3.sequence2: cannot share the parameters of sequence1.conv1: conv of "
            "6 channels to 4, not conv of 4 channels to 4; Shared is used at line 10",
        ),
    ],
)
def test_a_block_that_fits_one_map_and_not_another(block: str, message: str) -> None:
    assert told(f"{AGAIN}  - {block}\n  - conv: 6\n  - {block}\n") == [message]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("wide", "p > 1 compares numbers, not 'wide'"),
        ("true", "p > 1 compares numbers, not true"),
        ("[3, 1, 1], q: [3, 3]", "p > q compares 3 axes with 2"),
    ],
)
def test_what_an_if_cannot_compare(value: str, message: str) -> None:
    compared = "p > q" if "q:" in value else "p > 1"
    text = f"input: [8, 8, 4]\nwith: {{p: {value}}}\nlayers:\n  - {{norm, if: {compared}}}\n"
    assert told(text) == [f"4:16: norm1: {message}"]


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("B: {n: [3, 1]}", "B1: channels are a whole number, not [3, 1]"),
        ("B: {n: 4, k: {pool: 2}}", "k is a number, a word, a flag or a list of them"),
        ("B: {k: 5}", "B1: channels are a whole number, not 1.5"),
    ],
)
def test_what_no_parameter_can_be(use: str, message: str) -> None:
    block = "B: {with: {n: 1.5, k: 3}, layers: [conv: {n: n, k: k}]}"
    (found,) = told(f"input: [8, 8, 4]\nblocks:\n  {block}\nlayers:\n  - {use}\n")
    assert found.partition(": ")[2] == message


@pytest.mark.parametrize("several", ["parts", "a*"])
def test_sides_are_those_of_one_map(several: str) -> None:
    layers = "{conv: 4, name: a, repeat: 2}, {split: 2, name: parts}, concat"
    text = f"input: [8, 8, 4]\nlayers: [{layers}, upsample: {{like: {several}}}]\n"
    assert told(text) == [f"2:91: upsample5: '{several}' is 2 maps, where one is meant"]


def test_all_mistakes_of_a_file_at_once() -> None:
    text = """\
input: [3, 32, 32]
blocks:
  Two: {with: {n, m}, layers: [pointwise: {n: n / 2, foo: 3}, conv: {n: n, k: kk}]}
layers:
  - se: 4
  - Two: {n: 8, mm: 7}
  - two: {n: 8}
  - conv: {n: 8, k: 3x3, name: a}
outputs: []
"""
    assert told(text) == [
        "1:8: channels come last: [32, 32, 3], not [3, 32, 32]",
        "3:19: the parameter 'm' is never used",
        "3:54: unknown key 'foo' in pointwise",
        "3:79: k must be a whole number, not 'kk'",
        "5:5: unknown kind 'se'; did you mean 'squeeze_excite'?",
        "6:5: 'm' is missing in Two",
        "6:17: unknown key 'mm' in Two",
        "7:5: unknown kind 'two'; did you mean 'Two'?",
        "8:26: 'name' stands beside conv, not inside it: {conv: {…}, name: …}",
        "9:10: outputs is a list of the names of layers",
    ]
