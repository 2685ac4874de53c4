"""The bytes of a model file of any format → Network, with what is known of it besides."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dscalc.errors import DscalcError, Problem
from dscalc.models.formats import format_of
from dscalc.models.graph import Graph
from dscalc.models.inputs import Given

if TYPE_CHECKING:
    from dscalc.models.lowering.lower import Lowered

# What brings a file that lies beside the model, or None where there is none.
Beside = Callable[[str], memoryview | None]


def read_model_file(
    data: memoryview, file: str, given: Given | None = None, beside: Beside | None = None
) -> Lowered | None:
    """The network in a model file; None where the bytes are of no model, but perhaps of a text.

    `given` says the sides, or the values, of its inputs. Raises DscalcError, with the file's name,
    for a model that is damaged or of a format that is not read, for open sides that are not given,
    and for an operator that might cost something and is not known.
    """
    try:
        form = format_of(data)
        if not form:
            return None
        from dscalc.models.fold import folded
        from dscalc.models.lowering.finish import with_guessed_width
        from dscalc.models.lowering.lower import lower

        lowered = lower(_graph(form, data, given, beside))
        network = with_guessed_width(folded(lowered.network, lowered.activated))
    except DscalcError as error:
        raise DscalcError(*(_at(problem, file) for problem in error.problems)) from None
    return lowered._replace(network=network._replace(file=file))


def _at(problem: Problem, file: str) -> Problem:
    return problem._replace(message=f"{file}: {_where(problem)}{problem.message}", layer="")


def _where(problem: Problem) -> str:
    return f"{problem.layer}: " if problem.layer else ""


def _graph(form: str, data: memoryview, given: Given | None, beside: Beside | None) -> Graph:
    """By the format's own front end, which is loaded only now."""
    if form == "onnx":
        from dscalc.models.onnx.reading import read_onnx

        return read_onnx(data, given)
    if form == "tflite":
        from dscalc.models.tflite.reading import read_tflite

        return read_tflite(data, given)
    if form == "pt2":
        from dscalc.models.pt2.reading import read_pt2

        return read_pt2(data, given)
    if form == "tfjs":
        return _tfjs(data, given, beside)
    from dscalc.models.keras.reading import read_keras, read_keras_h5

    return read_keras(data, given) if form == "keras" else read_keras_h5(data, given)


def _tfjs(data: memoryview, given: Given | None, beside: Beside | None) -> Graph:
    from dscalc.models.json_text import mapping, parse_json
    from dscalc.models.keras.reading import read_tfjs_layers
    from dscalc.models.tfjs.reading import read_tfjs_graph

    document = mapping(parse_json(data), "the file")
    if "node" in mapping(document.get("modelTopology"), "'modelTopology'"):
        return read_tfjs_graph(document, beside or (lambda name: None), given)
    return read_tfjs_layers(document, given)
