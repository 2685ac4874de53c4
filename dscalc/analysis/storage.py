"""What the parameters of a deployed network take in flash, by the rules of size."""

from __future__ import annotations

from dscalc.analysis.folding import WEIGHTED
from dscalc.analysis.lowering import lower
from dscalc.analysis.terms import Terms, bytes_of
from dscalc.law.network import Report

OF_SCALE = 12  # bytes of a scale and a zero point: float32 and int64
OF_NAME, OF_STRUCTURE = 143, 105  # bytes a tensor that TensorFlow's converter writes, about


def stored_bytes(report: Report, terms: Terms) -> int:
    """The bytes of parameters by the rule `stored` or `flash`.

    Stored: weights, with the scales and shifts of norms that do not fold, in the weights' type,
    and a bias for each output channel of every convolution and linear layer. Flash: with a scale
    and a zero point for each output channel's weights and bias, and for each tensor, where these
    are integers. The names and the structure of a file come on top (`besides`).
    """
    deployed = lower(report, terms)
    stored = deployed.stored
    own = bytes_of(stored.weights, terms.of_weights) + stored.biases * terms.bias_bytes
    if terms.size == "stored":
        return own
    weights, activations = (one.startswith("int") for one in (terms.of_weights, terms.dtype))
    scaled = stored.biases * (weights + activations * weights)
    scaled += (len(deployed.tensors) if activations else 0) + (stored.parameters if weights else 0)
    return own + OF_SCALE * scaled


def besides(report: Report, terms: Terms) -> int:
    """About how many bytes of names and structure a file of the network has besides."""
    deployed = lower(report, terms)
    stored = deployed.stored
    return (OF_NAME + OF_STRUCTURE) * (len(deployed.tensors) + stored.parameters + stored.shapes)


def least_stored(report: Report, terms: Terms) -> int:
    """What is at most as much as `stored_bytes` of any network with at least these layers."""
    rows = report.expanded()
    channels = sum(row.output.channels for row in rows if isinstance(row.layer, WEIGHTED)
                   and any(row.cost))  # fmt: skip
    return bytes_of(report.total.weights, terms.of_weights) + channels * terms.bias_bytes
