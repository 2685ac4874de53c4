"""What of a TFLite file is planned: every tensor's life, by rules and by the package itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from dscalc.analysis.arena import head, plan
from dscalc.analysis.planned import MemoryMap, memory_map, planned_bytes
from dscalc.analysis.terms import Dtype, Terms
from dscalc.errors import DscalcError
from dscalc.law.lives import Lives
from dscalc.law.network import Network, measure
from dscalc.law.setting import Setting, apply
from dscalc.models.model_source import Source
from dscalc.models.tflite.reading import read_tflite
from tests.commands import call, document
from tests.flatbuffers_writer import Number
from tests.micro import head_in_package
from tests.tflite_files import BOOL, INT4, INT8, INT16, INT32, G, O, T, conv, ints, tflite

MAP = (1, 4, 4, 2)
SQUARE = 4 * 32


def lives(file: bytes) -> Lives:
    found = read_tflite(memoryview(file)).lives
    assert found is not None
    return found


def chain(*kinds: O, shapes: Mapping[str, tuple[int, ...]] | None = None) -> bytes:
    """Operators in their order on maps of one shape, but for those of which another is given."""
    given = shapes or {}
    names = dict.fromkeys(["x", *(name for one in kinds for name in one.outputs)])
    maps = [T(name, given.get(name, MAP)) for name in names]
    stored = [T("w", (2, 1, 1, 2), 1), T("axes", (2,), (1, 2), INT32)]
    pads = [T("pads", (4, 2), (0, 0, 1, 1, 1, 1, 0, 0), INT32)]
    return tflite(G([*maps, *stored, *pads], list(kinds), ("x",), (kinds[-1].outputs[0],)))


def relu(source: str, made: str) -> O:
    return O(19, (source,), (made,))


ONE = O(3, ("x", "w", ""), ("a",), conv(0))
PLAIN = chain(ONE, relu("a", "b"), O(0, ("a", "b"), ("y",)))
UNUSED = tflite(
    G(
        [T("y", MAP), T("x", MAP), T("never", (1, 9)), T("w", (2, 1, 1, 2), 1), T("side", MAP),
         T("kept", (1, 7), variable=True), T("none", (0, 3))],
        [O(3, ("x", "w", ""), ("side",), conv(0)), O(3, ("x", "w", ""), ("y",), conv(0))],
        ("x",),
        ("y",),
    )
)  # fmt: skip
MEAN = chain(ONE, O(40, ("a", "axes"), ("y",), {0: Number("B", 1)}), shapes={"y": (1, 1, 1, 2)})
LARGEST = chain(ONE, O(82, ("a", "axes"), ("y",), {0: Number("B", 1)}), shapes={"y": (1, 1, 1, 2)})
MIRROR = chain(ONE, O(100, ("a", "pads"), ("y",)), shapes={"y": (1, 6, 6, 2)})
SEVERAL = chain(ONE, relu("a", "b"), O(106, ("x", "a", "b"), ("y",)))


def branching() -> bytes:
    """A condition, which is stored, of which one branch makes more than the other."""
    main = G(
        [T("x", MAP), T("c", (1,), 1, BOOL), T("a", MAP), T("y", MAP), T("w", (2, 1, 1, 2), 1)],
        [ONE, O(118, ("c", "a"), ("y",), ints(1, 2))],
        ("x",),
        ("y",),
    )
    tensors = [T("x", MAP), T("b", MAP), T("w", (2, 1, 1, 2), 1), T("y", MAP)]
    long = G(tensors, [O(3, ("x", "w", ""), ("b",), conv(0)), relu("b", "y")], ("x",), ("y",))
    short = G([T("x", MAP), T("y", MAP)], [relu("x", "y")], ("x",), ("y",))
    return tflite(main, long, short)


BRANCHING = branching()
PLACED = tflite(
    G([T("x", MAP), T("a", MAP), T("w", (2, 1, 1, 2), 1), T("y", MAP)],
      [ONE, relu("a", "y")], ("x",), ("y",)),
    offline=(1024, -1, -1, 16),
)  # fmt: skip

FILES: dict[str, tuple[bytes, list[tuple[str, int, int, int]]]] = {
    "what an operator takes is there while it makes": (
        PLAIN,
        [("x", SQUARE, 0, 1), ("a", SQUARE, 1, 3), ("b", SQUARE, 2, 3), ("y", SQUARE, 3, 3)],
    ),
    "in the file's order; what nobody takes for its operator, what nobody makes apart": (
        UNUSED,
        [("y", SQUARE, 2, 2), ("x", SQUARE, 0, 2), ("never", 36, 3, 3), ("side", SQUARE, 1, 1)],
    ),
    "a mean needs its indices": (
        MEAN,
        [("x", SQUARE, 0, 1), ("a", SQUARE, 1, 2), ("y", 8, 2, 2), ("y", 16, 2, 2), ("y", 8, 2, 2)],
    ),
    "so does a maximum": (
        LARGEST,
        [("x", SQUARE, 0, 1), ("a", SQUARE, 1, 2), ("y", 8, 2, 2), ("y", 16, 2, 2), ("y", 8, 2, 2)],
    ),
    "a mirror, the sizes of what it mirrors": (
        MIRROR,
        [("x", SQUARE, 0, 1), ("a", SQUARE, 1, 2), ("y", 288, 2, 2), ("y", 16, 2, 2),
         ("y", 16, 2, 2)],
    ),
    "a sum of several, where they stand": (
        SEVERAL,
        [("x", SQUARE, 0, 3), ("a", SQUARE, 1, 3), ("b", SQUARE, 2, 3), ("y", SQUARE, 3, 3),
         ("y", 24, 3, 3)],
    ),
    "both branches run, one after the other": (
        BRANCHING,
        [("x", SQUARE, 0, 1), ("a", SQUARE, 1, 7), ("y", SQUARE, 2, 7),
         ("x", SQUARE, 3, 4), ("b", SQUARE, 4, 5), ("y", SQUARE, 5, 5),
         ("x", SQUARE, 6, 7), ("y", SQUARE, 7, 7)],
    ),
    "places that the file decides": (
        PLACED,
        [("x", SQUARE, 0, 1), ("a", SQUARE, 1, 2), ("y", SQUARE, 2, 2)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_lives_of_a_file(case: str) -> None:
    file, expected = FILES[case]
    assert [one[:4] for one in lives(file).buffers] == expected


@pytest.mark.parametrize("case", FILES)
def test_heads_in_the_package_itself(case: str, capfd: pytest.CaptureFixture[str]) -> None:
    file = FILES[case][0]
    assert head(plan(lives(file).buffers)) == head_in_package(file, capfd)


def variables() -> bytes:
    """What a variable holds is read through a handle, which is no tensor to be planned."""
    tensors = [T("x", MAP), T("handle", (1,)), T("before", MAP), T("y", MAP)]
    operators = [
        O(129, (), (), ints(1)),
        O(142, (), ("handle",), {0: "", 1: "state"}),
        O(143, ("handle",), ("before",)),
        O(0, ("x", "before"), ("y",)),
        O(144, ("handle", "y"), ()),
    ]
    return tflite(G(tensors, operators, ("x",), ("y",)), G([], [], (), ()))


def test_a_handle_is_no_tensor_and_what_runs_once_takes_its_time() -> None:
    found = lives(variables())
    assert [one[:4] for one in found.buffers] == [
        ("x", SQUARE, 0, 5),
        ("before", SQUARE, 4, 5),
        ("y", SQUARE, 5, 6),
    ]
    assert found.clocks == ("input", "CALL_ONCE", "CALL_ONCE", "handle", "before", "y",
                            "ASSIGN_VARIABLE")  # fmt: skip


def typed(source: int, weights: int, *operators: O) -> bytes:
    """A convolution, transposed or not, on maps of one type with weights of another."""
    tensors = [
        T("x", MAP, type=source),
        T("size", (4,), (1, 8, 8, 3), INT32),
        T("w", (3, 2, 2, 2), 1, weights),
        T("y", (1, 8, 8, 3) if operators[0].code == 67 else (1, 4, 4, 3), type=source),
    ]
    return tflite(G(tensors, list(operators), ("x",), ("y",)))


UP = O(67, ("size", "w", "x"), ("y",), {1: Number("i", 2), 2: Number("i", 2)})
WEIGHED = O(3, ("x", "w", ""), ("y",), conv(0))


@pytest.mark.parametrize(
    ("file", "scratch"),
    [
        (typed(0, 0, UP), []),
        (typed(INT8, INT8, UP), [4 * 192]),
        (typed(INT16, INT8, UP), [8 * 192]),
        (typed(INT8, INT8, WEIGHED), []),
        (typed(INT8, INT4, WEIGHED), [24]),
    ],
)
def test_scratch_by_types(file: bytes, scratch: list[int]) -> None:
    found = lives(file)
    assert [one.size for one in found.buffers[found.tensors :]] == scratch


@pytest.mark.parametrize(
    ("type", "size", "dtype"), [(0, 4, "float32"), (INT8, 1, "int8"), (INT16, 2, "int16")]
)
def test_types_of_a_file(type: int, size: int, dtype: str) -> None:
    found = lives(typed(type, INT8, WEIGHED))
    assert ([one.size for one in found.buffers], found.dtype) == ([32 * size, 48 * size], dtype)


def test_what_takes_no_fixed_bytes_is_refused_where_it_is_asked_for() -> None:
    text = 5
    file = tflite(
        G([T("x", MAP), T("label", (1,), type=text), T("w", (2, 1, 1, 2), 1), T("a", MAP)],
          [ONE], ("x",), ("a",))
    )  # fmt: skip
    report = measure(network(file))
    assert report.total.mult_adds == 64
    with pytest.raises(DscalcError, match="cannot be planned: 'label' is of type 5"):
        planned_bytes(report, Terms(memory="arena"))


def network(file: bytes) -> Network:
    found = Source("f.tflite", file, {}).network()
    assert found is not None
    return found


def arena(setting: Setting, dtype: Dtype = "float32") -> MemoryMap:
    return memory_map(measure(apply(network(PLAIN), setting)), Terms(dtype=dtype, memory="arena"))


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        (Setting(), ["x", "a", "b", "y"]),
        (Setting(resolution=8), ["x", "a", "b", "y"]),
        (Setting(alpha=2), ["input", "a"]),  # of its layers, which an activation is none of
    ],
)
def test_a_file_is_planned_as_it_stands_and_at_other_sides(
    setting: Setting, names: list[str]
) -> None:
    found = arena(setting)
    assert [one.placed.buffer.name for one in found.regions] == names
    side = 8 if setting.resolution else 4
    assert found.regions[0].placed.size == 4 * 2 * side * side


@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_the_types_are_the_files_at_any_alpha(alpha: float) -> None:
    found = arena(Setting(alpha), "int8")
    assert (found.dtype, found.regions[0].placed.size) == ("float32", SQUARE)
    assert found == arena(Setting(alpha))


# ---------------------------------------------------------------- in the commands


@pytest.fixture
def path(tmp_path: Path) -> str:
    (tmp_path / "f.tflite").write_bytes(PLAIN)
    return str(tmp_path / "f.tflite")


ARENA = ("--memory", "arena", "--dtype", "int8")


def test_commands_tell_of_the_file_as_it_stands(path: str) -> None:
    note = "Planned as the file stands: its own operators, their order and types."
    for command in ("memory", "net"):
        assert note in call(command, path, *ARENA).out
        assert note not in call(command, path, *ARENA, "--alpha", "2").out
    found = document("memory", path, *ARENA)
    assert (found["dtype"], found["peak_bytes"]) == ("float32", 3 * SQUARE)
    assert [one["name"] for one in found["tensors"]] == ["x", "a", "b", "y"]
    assert "Memory in float32: 384 bytes of TensorFlow" in call("net", path, *ARENA).out


def test_limits_hold_the_file_as_it_stands(path: str) -> None:
    result = call("check", path, *ARENA, "--max-memory", "300B")
    assert (result.code, "384 bytes of activations" in result.out) == (1, True)
    assert "the peak is at y" in result.out


def test_fit_says_what_is_planned_at_which_alpha(path: str) -> None:
    note = "A model file's arena is planned as it stands at α 1, elsewhere of its layers."
    assert note in call("fit", path, *ARENA, "--max-memory", "2kB").out
    assert note not in call("fit", path, "--max-memory", "2kB").out
