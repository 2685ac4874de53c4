"""Keras's norms: which numbers they learn, and along which axis.

https://keras.io/api/layers/normalization_layers.
"""

from __future__ import annotations

from dscalc.errors import DscalcError
from dscalc.models.json_text import integer
from dscalc.models.keras.layer import Layer, emit, weights
from dscalc.models.kinds import Activation, Norm
from dscalc.models.tensorflow.run import Run, Sides, axis_of


def batch_norm(run: Run, layer: Layer) -> None:
    """BatchNormalization: scale and shift if they are not left out, and statistics."""
    if layer.config.get("renorm"):
        raise DscalcError("batch renormalisation is not read")
    shape = run.shape(layer.x)
    axis = _one_axis(layer, len(shape))
    scale, shift = _affine(run, layer, (shape[axis],))
    mean, variance = (
        weights(run, layer, part, (shape[axis],), learned=False)
        for part in ("moving_mean", "moving_variance")
    )
    emit(run, layer, Norm("batch", axis), (layer.x, scale, shift, mean, variance), shape)


def layer_norm(run: Run, layer: Layer) -> None:
    """LayerNormalization, over one axis or several."""
    shape = run.shape(layer.x)
    kind = "rms" if layer.flag("rms_scaling", False) else "layer"
    scale, shift = _affine(run, layer, tuple(shape[axis] for axis in _axes(layer, len(shape))))
    if kind == "rms":
        shift = ""
    norm = Norm(kind, _axes(layer, len(shape))[-1])
    emit(run, layer, norm, (layer.x, scale, shift), shape)


def rms_norm(run: Run, layer: Layer) -> None:
    """RMSNormalization: a scale alone."""
    shape = run.shape(layer.x)
    axes = _axes(layer, len(shape))
    scale = weights(run, layer, "scale", tuple(shape[axis] for axis in axes))
    emit(run, layer, Norm("rms", axes[-1]), (layer.x, scale), shape)


def group_norm(run: Run, layer: Layer) -> None:
    """GroupNormalization."""
    shape = run.shape(layer.x)
    axis = _one_axis(layer, len(shape))
    groups = integer(layer.config.get("groups", 32), "'groups'")
    groups = shape[axis] if groups == -1 else groups
    if groups < 1 or shape[axis] % groups:
        raise DscalcError(f"{groups} groups do not divide {shape[axis]} channels")
    scale, shift = _affine(run, layer, (shape[axis],))
    emit(run, layer, Norm("group", axis, groups), (layer.x, scale, shift), shape)


def unit_norm(run: Run, layer: Layer) -> None:
    """UnitNormalization: a map by its length along an axis."""
    shape = run.shape(layer.x)
    emit(run, layer, Norm("l2", _axes(layer, len(shape))[-1]), (layer.x,), shape)


def normalization(run: Run, layer: Layer) -> None:
    """Normalization of the input by statistics that were found once, or are given as numbers."""
    shape = run.shape(layer.x)
    if layer.config.get("mean") is not None:
        emit(run, layer, Activation("normalize"), (layer.x,), shape)
        return
    axis = layer.config.get("axis", -1)
    if axis is None or axis == []:
        raise DscalcError("a Normalization over all axes is not read")
    channels = _one_axis(layer, len(shape))
    names = [
        weights(run, layer, part, (shape[channels],), learned=False)
        for part in ("mean", "variance")
    ]
    emit(run, layer, Norm("batch", channels), (layer.x, "", "", *names), shape)
    note = f"'{layer.path}' normalises the input by statistics that are not trained"
    if note not in run.notes:
        run.notes.append(note)


def _affine(run: Run, layer: Layer, shape: Sides) -> tuple[str, str]:
    """The names of scale and shift; what there is not has no name."""
    scale = weights(run, layer, "gamma", shape) if layer.flag("scale", True) else ""
    shift = weights(run, layer, "beta", shape) if layer.flag("center", True) else ""
    return scale, shift


def _axes(layer: Layer, rank: int) -> Sides:
    value = layer.config.get("axis", -1)
    values = value if isinstance(value, list) else [value]
    axes = tuple(sorted(axis_of(integer(axis, "'axis'"), rank) for axis in values))
    if not axes or len(set(axes)) != len(axes):
        raise DscalcError(f"its axes are {list(axes)}")
    return axes


def _one_axis(layer: Layer, rank: int) -> int:
    axes = _axes(layer, rank)
    if len(axes) != 1:
        raise DscalcError(f"its axes are {list(axes)}, where one is expected")
    return axes[0]
