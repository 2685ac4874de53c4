"""The way from a model file to what people see: every command, on files made here by hand.

The figures are sums over the formulas, kept while the file is drawn; a file at another size is
drawn anew, and read.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import dscalc
from dscalc.errors import DscalcError
from dscalc.law.layer import Node
from dscalc.law.network import measure
from dscalc.law.rewrite import scale
from dscalc.models.formats import OTHERS
from dscalc.models.from_torch import from_torch
from dscalc.models.source import load, may_be_model
from tests import pages
from tests.commands import call, complaint, document
from tests.onnx_files import Drawn, mobile, model, node
from tests.scratch import Repository
from tests.test_models_formats import archive
from tests.test_models_protobuf import field

GUESS = "Channels at other α are multiples of 8: a guess"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def drawn(folder: Path) -> Drawn:
    """A small network, in the file model.onnx."""
    net = mobile()
    Path("model.onnx").write_bytes(net.data)
    return net


def committed(folder: Path) -> None:
    """All there is in the folder, in a repository of its own."""
    repo = Repository(folder)
    repo.git("init", "--quiet", "--initial-branch=main", "--template=")
    repo.commit({})


def opaque_in_the_middle() -> bytes:
    """Channels and positions put in another order between two convolutions."""
    nodes = [
        node("Conv", "x a", "first", pads=[1, 1, 1, 1]),
        node("Transpose", "first", "turned", perm=[0, 2, 1, 3]),
        node("Conv", "turned b", "second", pads=[1, 1, 1, 1]),
    ]
    return model(nodes, {"a": (8, 3, 3, 3), "b": (8, 6, 3, 3)}, {"x": (1, 3, 6, 5)}, "second")


# ---------------------------------------------------------------- net


def test_net_costs_what_the_formulas_say(drawn: Drawn) -> None:
    found = document("net", "model.onnx")
    total = found["total"]
    assert (total["weights"], total["biases"]) == (drawn.weights, drawn.biases)
    assert total["mult_adds"] == drawn.mult_adds
    assert found["file"] == "model.onnx"
    assert found["input"] == [32, 32, 3]


def test_layers_are_folded_and_expanded(drawn: Drawn) -> None:
    rows = [(layer["name"], layer["kind"]) for layer in document("net", "model.onnx")["layers"]]
    assert rows == [
        ("stem", "conv"),
        ("b1", "separable"),
        ("b2", "inverted_residual"),
        ("b3", "inverted_residual"),
        ("last", "pointwise"),
        ("pool", "global_pool"),
        ("head", "linear"),
    ]
    parts = [layer["name"] for layer in document("net", "model.onnx", "--expand")["layers"]]
    assert parts[3:7] == ["b2.expand", "b2.depthwise", "b2.project", "b2.add"]
    assert len(set(parts)) == len(parts)


def test_an_activation_behind_the_last_convolution_makes_it_another_block(folder: Path) -> None:
    """Pointwise, depthwise, pointwise is two blocks: V2's is linear at its end, V1's is not."""
    for relu, kinds in ((False, ["inverted_residual"]), (True, ["pointwise", "separable"])):
        net = Drawn().conv("stem", 8, 3).conv("a", 24).depthwise("b").conv("c", 8, relu=relu)
        Path("net.onnx").write_bytes(net.conv("end", 4, 3).data)
        layers = document("net", "net.onnx")["layers"]
        assert [layer["kind"] for layer in layers] == ["conv", *kinds, "conv"]
        assert sum(layer["mult_adds"] for layer in layers) == net.mult_adds


def test_an_expansion_to_as_many_channels_is_no_inverted_residual(folder: Path) -> None:
    net = Drawn().conv("stem", 8, 3).conv("a", 8).depthwise("b").conv("c", 16, relu=False)
    Path("net.onnx").write_bytes(net.data)
    found = document("net", "net.onnx")
    assert [layer["kind"] for layer in found["layers"]] == ["conv", "pointwise", "separable"]
    assert found["total"]["mult_adds"] == net.mult_adds


def squeezed(n: int, relu: bool) -> Drawn:
    net = Drawn().conv("stem", 8, 3).conv("a", 48).depthwise("b")
    wide = net.at
    net.add(node("GlobalAveragePool", wide, "squeeze"), "squeeze")
    side, net.side = net.side, 1
    net.conv("reduce", n).conv("gate", 48, relu=False)
    net.add(node("Sigmoid", "gate", "sigmoid"), "sigmoid")
    net.add(node("Mul", f"{wide} sigmoid", "scaled"), "scaled")
    net.side = side
    return net.conv("c", 16, relu=relu).conv("end", 4, 3)


@pytest.mark.parametrize(
    ("n", "relu", "kinds"),
    [
        (12, False, ["inverted_residual"]),  # of the hidden channels
        (2, False, ["inverted_residual"]),  # of those that come in
        (16, False, ["inverted_residual"]),  # 12 rounded to a multiple of 8
        (7, False, ["pointwise", "depthwise", "squeeze_excite", "pointwise"]),  # by no rule
        (12, True, ["pointwise", "depthwise", "squeeze_excite", "pointwise"]),
    ],
)
def test_squeeze_and_excitation_is_one_layer_or_part_of_one(
    folder: Path, n: int, relu: bool, kinds: list[str]
) -> None:
    net = squeezed(n, relu)
    Path("net.onnx").write_bytes(net.data)
    found = document("net", "net.onnx")
    assert [layer["kind"] for layer in found["layers"]] == ["conv", *kinds, "conv"]
    total = found["total"]
    assert total["mult_adds"] == net.mult_adds
    assert total["params"] == net.weights + net.biases


def test_a_block_has_the_name_that_its_layers_share_and_no_other_has(folder: Path) -> None:
    net = Drawn().conv("stem", 8, 3)
    for scope in ("net/a", "net/b", "net/b1"):
        net.depthwise(f"{scope}/dw").conv(f"{scope}/pw", 8)
    net.depthwise("Conv_7").conv("Conv_8", 8).depthwise("Conv_9").conv("Conv_10", 8).conv(
        "end", 4, 3
    )
    Path("net.onnx").write_bytes(net.data)
    names = [layer["name"] for layer in document("net", "net.onnx")["layers"]]
    assert names == ["stem", "net/a", "net/b", "net/b1", "Conv_8", "Conv_10", "end"]


def test_notes_stand_in_every_format(drawn: Drawn) -> None:
    folded = "10 convolutions have a bias and no norm"
    notes = document("net", "model.onnx")["notes"]
    assert any(note.startswith(folded) for note in notes)
    for form in ("table", "markdown", "html"):
        text = " ".join(call("net", "model.onnx", "--format", form).out.split())
        assert folded in text
        assert GUESS in text
    assert document("net", "mobilenet")["notes"] == []


def test_standard_input_may_be_either(drawn: Drawn) -> None:
    data = Path("model.onnx").read_bytes()
    assert document("net", "-", stdin=data)["total"] == document("net", "model.onnx")["total"]
    text = b"name: Tiny\ninput: [8, 8, 3]\nlayers:\n  - conv: {n: 4}\n"
    assert document("net", "-", stdin=text)["total"]["mult_adds"] == 6_912


def test_a_large_model_on_standard_input_is_read_to_its_end(folder: Path) -> None:
    net = Drawn().conv("a", 256, 3).conv("b", 256, 3)  # 2.3 MB of zeros: more than a text may have
    found = document("net", "-", stdin=net.data)
    assert found["total"]["weights"] == net.weights


# ---------------------------------------------------------------- the size of the input


@pytest.mark.parametrize(
    "flags", [("--resolution", "64"), ("--rho", "2"), ("--input", "x=1x3x64x64")]
)
def test_at_another_size_the_file_is_read_again(drawn: Drawn, flags: tuple[str, str]) -> None:
    found = document("net", "model.onnx", *flags)
    assert found["total"]["mult_adds"] == mobile(side=64).mult_adds
    assert found["input"] == [64, 64, 3]


def test_open_sides_are_asked_for_and_given(folder: Path) -> None:
    net = mobile(1, 3, "height", "width", side=48)
    Path("open.onnx").write_bytes(net.data)
    assert complaint("net", "open.onnx") == (
        "error: open.onnx: the input 'x' has open sides: 1×3×?×?; say them, as in "
        "--input x=1x3x224x224\n"
    )
    found = document("net", "open.onnx", "--input", "x=1x3x48x48")
    assert found["total"]["mult_adds"] == net.mult_adds
    swept = document("sweep", "open.onnx", "--input", "x=1x3x48x48", "--resolution", "32,48")
    points = swept["networks"][0]["points"]
    assert [one["mult_adds"] for one in points] == [mobile().mult_adds, net.mult_adds]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--input", "x"), "--input takes NAME=SHAPE"),
        (("--input", "x=1xx3"), "--input takes NAME=SHAPE"),
        (("--input", "=3"), "--input takes NAME=SHAPE"),
        (("--input", "x=1x3x8x8", "--input", "x=1x3x9x9"), "--input gives x twice"),
        (("--input", "y=1x3x8x8"), "model.onnx: the model has no input 'y'"),
        (("--input", "x=1x3x8"), "model.onnx: the input 'x' has 4 axes"),
    ],
)
def test_inputs_that_are_none(drawn: Drawn, flags: tuple[str, ...], message: str) -> None:
    assert complaint("net", "model.onnx", *flags).startswith(f"error: {message}")


def test_a_network_in_yaml_says_its_own_inputs() -> None:
    assert "inputs are said of model files" in complaint("net", "mobilenet", "--input", "x=1x3x8x8")


# ---------------------------------------------------------------- α


def test_alpha_keeps_the_head_and_rounds_by_a_guess(drawn: Drawn) -> None:
    layers = document("net", "model.onnx", "--alpha", "0.5")["layers"]
    assert [layer["output"][-1] for layer in layers] == [8, 8, 8, 8, 16, 16, 10]


def test_numbers_that_are_no_multiples_of_8_are_not_rounded(folder: Path) -> None:
    net = Drawn().conv("a", 20, 3).conv("b", 12, 3).conv("c", 5, 3)
    Path("net.onnx").write_bytes(net.data)
    found = document("net", "net.onnx", "--alpha", "0.5")
    assert [layer["output"][-1] for layer in found["layers"]] == [10, 6, 5]
    assert any("int(n · α): a guess" in note for note in found["notes"])


def test_alpha_is_refused_behind_what_no_law_covers(folder: Path) -> None:
    Path("net.onnx").write_bytes(opaque_in_the_middle())
    layers = document("net", "net.onnx")["layers"]
    assert [layer["kind"] for layer in layers] == ["conv", "opaque", "conv"]
    said = complaint("net", "net.onnx", "--alpha", "2")
    assert "second: costs what the opaque layer 'opaque1' makes of it" in said
    call("yaml", "net.onnx", "--output", "net.yaml")
    assert "the opaque layer 'opaque1'" in complaint("net", "net.yaml", "--rho", "2")
    assert "the opaque layer 'opaque1'" in complaint("net", "net.yaml", "--alpha", "2")


def test_alpha_is_taken_where_nothing_with_a_cost_is_behind(folder: Path) -> None:
    nodes = [
        node("Conv", "x a", "first"),
        node("Conv", "first b", "second"),
        node("Transpose", "second", "turned", perm=[0, 2, 3, 1]),
    ]
    stored = {"a": (16, 3, 1, 1), "b": (8, 16, 1, 1)}
    Path("net.onnx").write_bytes(model(nodes, stored, {"x": (1, 3, 6, 5)}, "turned"))
    assert document("net", "net.onnx", "--alpha", "0.5")["total"]["weights"] == 8 * 3 + 8 * 8


# ---------------------------------------------------------------- the other commands


def test_check_holds_a_model_to_a_budget(drawn: Drawn) -> None:
    most = drawn.mult_adds
    assert call("check", "model.onnx", "--max-mult-adds", str(most)).code == 0
    assert call("check", "model.onnx", "--max-mult-adds", str(most - 1)).code == 1


def test_a_budget_file_says_inputs(folder: Path) -> None:
    net = mobile(1, 3, "h", "w", side=48)
    Path("open.onnx").write_bytes(net.data)
    most = net.mult_adds
    entry = "  - {file: open.onnx, inputs: {x: %s}, budget: {mult_adds: %d}}\n"
    budget = f"version: 1\nnetworks:\n{entry}"
    for said in ("[1, 3, 48, 48]", "1x3x48x48"):
        Path("dscalc.yaml").write_text(budget % (said, most))
        assert call("check").code == 0
    Path("dscalc.yaml").write_text(budget % ("[1, 3, 64, 64]", most))
    assert call("check").code == 1
    Path("dscalc.yaml").write_text(budget % ("wide", most))
    assert "x must be a shape" in complaint("check")


def test_explain_and_fit(drawn: Drawn) -> None:
    assert call("explain", "model.onnx", "b2").code == 0
    found = document("fit", "model.onnx", "--max-mult-adds", str(drawn.mult_adds))
    assert found["fits"][0]["alpha"] >= 1


def test_yaml_reads_back_to_the_same_network(drawn: Drawn) -> None:
    assert call("yaml", "model.onnx", "--output", "model.yaml").code == 0
    text = Path("model.yaml").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert f"# {GUESS}" in text
    again, first = document("net", "model.yaml"), document("net", "model.onnx")
    assert again["total"] == first["total"]
    assert [one["name"] for one in again["layers"]] == [one["name"] for one in first["layers"]]
    for alpha in ("0.5", "1.4"):
        totals = [
            document("net", f"model.{end}", "--alpha", alpha)["total"] for end in ("yaml", "onnx")
        ]
        assert totals[0] == totals[1]


def test_diff_of_a_file_and_the_model_that_it_describes(drawn: Drawn) -> None:
    call("yaml", "model.onnx", "--output", "model.yaml")
    assert document("diff", "model.yaml", "model.onnx")["networks"][0]["layers"] == []
    Path("wider.onnx").write_bytes(mobile(wide=24).data)
    flags = ("--input", "x=1x3x32x32")  # which the one that is a model takes
    assert document("diff", "model.yaml", "model.onnx", *flags)["networks"][0]["layers"] == []
    said = complaint("diff", "model.yaml", "mobilenet", *flags)
    assert "inputs are said of model files, and neither version is one" in said
    changed = document("diff", "model.yaml", "wider.onnx")["networks"][0]["layers"]
    assert {one["name"] for one in changed} == {"stem", "b1"}


# ---------------------------------------------------------------- git


def test_models_are_read_from_history(drawn: Drawn, folder: Path) -> None:
    committed(folder)
    Path("model.onnx").write_bytes(mobile(wide=24).data)
    grown = mobile(wide=24).mult_adds - drawn.mult_adds
    found = document("diff", "HEAD:model.onnx", "model.onnx")["networks"][0]
    assert found["head"]["mult_adds"] - found["base"]["mult_adds"] == grown
    Path("dscalc.yaml").write_text(
        "version: 1\nnetworks:\n  - {file: model.onnx, growth: {mult_adds: 0}}\n"
    )
    assert call("check", "--against", "HEAD").code == 1
    Path("model.onnx").write_bytes(drawn.data)
    assert call("check", "--against", "HEAD").code == 0


def test_a_pointer_of_git_lfs_is_named(drawn: Drawn, folder: Path) -> None:
    data = Path("model.onnx").read_bytes()
    Path("model.onnx").write_bytes(LFS)
    assert "a Git LFS pointer" in complaint("net", "model.onnx")
    committed(folder)
    Path("model.onnx").write_bytes(data)
    said = complaint("diff", "HEAD:model.onnx", "model.onnx")
    assert "HEAD:model.onnx: a Git LFS pointer" in said
    assert "git lfs smudge" in said


# ---------------------------------------------------------------- what is no model that is read


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (field(1, field(1, "conv") + field(2, "Conv2D")) + field(4, field(1, 22)), "saved_model"),
        (field(1, "CaffeNet") + field(100, field(1, "conv1")), "caffe"),
        (archive("conv/kernel.npy"), "safetensors"),
        (b"GGUF\3\0\0\0", "gguf"),
        (b"\x7fELF\2\1\1\0", "unknown"),
    ],
)
def test_other_files_are_named_with_the_way_out(folder: Path, data: bytes, form: str) -> None:
    Path("net.bin").write_bytes(data)
    assert complaint("net", "net.bin") == f"error: net.bin: {OTHERS[form]}\n"
    assert "\n" not in OTHERS[form]


@pytest.mark.parametrize(
    ("inside", "form"), [("saved_model.pb", "saved_model"), ("Manifest.json", "coreml")]
)
def test_folders_of_models_are_named(folder: Path, inside: str, form: str) -> None:
    Path("net").mkdir()
    Path("net", inside).write_bytes(b"")
    assert complaint("net", "net") == f"error: net: {OTHERS[form]}\n"


@pytest.mark.parametrize("data", [b"name: x\n", b"- a\n", "é: α\n".encode(), b"", b"\xff\xfe{\0"])
def test_texts_in_yaml_load_no_reader(data: bytes) -> None:
    assert not may_be_model(data)


def test_a_shipped_network_loads_no_reader() -> None:
    program = "import sys, dscalc; dscalc.load('mobilenet'); print(*sys.modules)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    assert [name for name in modules if name.startswith("dscalc.models")] == [
        "dscalc.models",
        "dscalc.models.source",
    ]


def test_names_from_a_file_are_data(folder: Path) -> None:
    net = Drawn().conv("[red]a\x1b[31m<b>", 8, 3).conv("::error::b", 4, 3)
    Path("net.onnx").write_bytes(net.data)
    for form in ("table", "json", "markdown", "html", "csv"):
        out = call("net", "net.onnx", "--format", form).out
        assert "\x1b" not in out
        assert "<b>" not in out
        assert "\n::error::" not in out


# ---------------------------------------------------------------- from Python


def test_load_takes_model_files(drawn: Drawn) -> None:
    network = dscalc.load("model.onnx")
    assert all(isinstance(one, Node) for one in network.nodes)
    assert measure(network).total.mult_adds == drawn.mult_adds
    again = pickle.loads(pickle.dumps(network))
    assert measure(scale(again, resolution=64)).total.mult_adds == mobile(side=64).mult_adds
    at = load("model.onnx", {"x": (1, 3, 64, 64)})
    assert measure(at).total.mult_adds == mobile(side=64).mult_adds
    with pytest.raises(DscalcError, match="inputs are said of model files"):
        load("mobilenet", {"x": (1, 3, 64, 64)})


def test_multipliers_and_sizes_commute(drawn: Drawn) -> None:
    network = load("model.onnx")
    one = scale(scale(network, alpha=0.5), resolution=64)
    other = scale(scale(network, resolution=64), alpha=0.5)
    assert measure(one).total == measure(other).total


def test_from_torch_says_where_there_is_no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(DscalcError, match="needs PyTorch"):
        from_torch(object())


def test_from_torch_exports_and_leaves_the_module_as_it_was() -> None:
    torch = pytest.importorskip("torch", reason="the module is PyTorch's")
    nn = torch.nn
    module = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU()).train()
    module[1].eval()
    network = from_torch(module, torch.zeros(1, 3, 8, 8))
    assert [part.training for part in module.modules()] == [True, True, False, True]
    total = measure(network).total
    assert total.params() == sum(one.numel() for one in module.parameters())
    assert total.mult_adds == 27 * 8 * 64
    with pytest.raises(DscalcError, match=r"takes a torch\.nn\.Module, not int"):
        from_torch(3)


def test_from_torch_says_what_torch_says() -> None:
    torch = pytest.importorskip("torch", reason="the module is PyTorch's")

    class Chooses(torch.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, x: object) -> object:
            raise ValueError("not today")

    with pytest.raises(DscalcError, match=r"cannot export Chooses: .*not today"):
        from_torch(Chooses(), torch.zeros(3))


def test_the_page_s_lines_write_a_file(folder: Path) -> None:
    pytest.importorskip("torchvision", reason="the page takes its module")
    (block,) = (text for text, _ in pages.blocks(pages.LANGUAGE, "python"))
    exec(block, {})
    found = document("net", "mobilenet_v2.yaml")["total"]
    assert (found["params"], found["mult_adds"]) == (3_504_872, 300_774_272)
