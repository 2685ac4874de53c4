"""TFLite's operators by number, as calls: TensorFlow's names and their options as attributes.

The numbers, and those of the fields, are the schema's:
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import error, unpack_from
from typing import Any

from dscalc.errors import DscalcError
from dscalc.models.flatbuffer import Table

Options = Callable[[Table], dict[str, Any]]

CUSTOM = 32
PLACEHOLDER = 127  # a code from here on stands in a field that older files have not
MOST_AXES = 64
FUSED = {1: "relu", 2: "relu_n1_to_1", 3: "relu6", 4: "tanh", 5: "sign_bit"}


def _none(options: Table) -> dict[str, Any]:
    return {}


def _fused(field: int) -> Options:
    return lambda options: {"activation": _activation(options.scalar(field, "b"))}


def _activation(code: int) -> str:
    if code and code not in FUSED:
        raise DscalcError(f"there is no fused activation {code}")
    return FUSED.get(code, "")


def _padding(code: int) -> str:
    return {0: "SAME", 1: "VALID"}.get(code, str(code))


def _ints(options: Table, *fields: int) -> tuple[int, ...]:
    return tuple(options.scalar(field, "i") for field in fields)


def _conv(options: Table) -> dict[str, Any]:
    return {
        "filter": "OHWI",
        "padding": _padding(options.scalar(0, "b")),
        "strides": _ints(options, 2, 1),
        "activation": _activation(options.scalar(3, "b")),
        "dilations": (options.scalar(5, "i", 1), options.scalar(4, "i", 1)),
    }


def _depthwise(options: Table) -> dict[str, Any]:
    return {
        "filter": "IHWO",
        "padding": _padding(options.scalar(0, "b")),
        "strides": _ints(options, 2, 1),
        "activation": _activation(options.scalar(4, "b")),
        "dilations": (options.scalar(6, "i", 1), options.scalar(5, "i", 1)),
    }


def _conv_3d(letters: str) -> Options:
    return lambda options: {
        "filter": letters,
        "padding": _padding(options.scalar(0, "b")),
        "strides": _ints(options, 1, 3, 2),
        "activation": _activation(options.scalar(4, "b")),
        "dilations": tuple(options.scalar(field, "i", 1) for field in (5, 7, 6)),
    }


def _conv_transpose(options: Table) -> dict[str, Any]:
    return {
        "filter": "OHWI",
        "padding": _padding(options.scalar(0, "b")),
        "strides": _ints(options, 2, 1),
        "activation": _activation(options.scalar(3, "b")),
    }


def _pool(options: Table) -> dict[str, Any]:
    return {
        "padding": _padding(options.scalar(0, "b")),
        "strides": _ints(options, 2, 1),
        "kernel": _ints(options, 4, 3),
        "activation": _activation(options.scalar(5, "b")),
    }


def _fully_connected(options: Table) -> dict[str, Any]:
    return {
        "activation": _activation(options.scalar(0, "b")),
        "keep": bool(options.scalar(2, "b")),
    }


def _concat(options: Table) -> dict[str, Any]:
    return {
        "axis": options.scalar(0, "i"),
        "activation": _activation(options.scalar(1, "b")),
    }


def _reshape(options: Table) -> dict[str, Any]:
    return {"shape": options.numbers(0, "i", MOST_AXES)}


def _squeeze(options: Table) -> dict[str, Any]:
    return {"axes": options.numbers(0, "i", MOST_AXES)}


def _axis(field: int) -> Options:
    return lambda options: {"axis": options.scalar(field, "i")}


def _gather(options: Table) -> dict[str, Any]:
    return {"axis": options.scalar(0, "i"), "batch_dims": options.scalar(1, "i")}


def _reduce(options: Table) -> dict[str, Any]:
    return {"keep": bool(options.scalar(0, "b"))}


def _strided_slice(options: Table) -> dict[str, Any]:
    masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    values: dict[str, Any] = {mask: options.scalar(i, "i") for i, mask in enumerate(masks)}
    return {**values, "offset": bool(options.scalar(5, "b"))}


def _matmul(options: Table) -> dict[str, Any]:
    return {
        "transpose_a": bool(options.scalar(0, "b")),
        "transpose_b": bool(options.scalar(1, "b")),
    }


def _block(options: Table) -> dict[str, Any]:
    return {"block": _ints(options, 0)}


def _time(field: int) -> Options:
    return lambda options: {"time_major": bool(options.scalar(field, "b"))}


def _both_lstm(options: Table) -> dict[str, Any]:
    return {"merge": bool(options.scalar(3, "b")), "time_major": bool(options.scalar(4, "b", 1))}


def _both_rnn(options: Table) -> dict[str, Any]:
    return {"time_major": bool(options.scalar(0, "b")), "merge": bool(options.scalar(2, "b"))}


def _svdf(options: Table) -> dict[str, Any]:
    return {"rank": options.scalar(0, "i")}


def _subgraph(*fields: int) -> Options:
    return lambda options: {"subgraphs": _ints(options, *fields)}


def _variable(options: Table) -> dict[str, Any]:
    return {"variable": options.text(1)}


# number: (the schema's name, TensorFlow's name, options)
OPERATORS: dict[int, tuple[str, str, Options]] = {
    0: ("ADD", "Add", _fused(0)),
    1: ("AVERAGE_POOL_2D", "AvgPool", _pool),
    2: ("CONCATENATION", "Concat", _concat),
    3: ("CONV_2D", "Conv", _conv),
    4: ("DEPTHWISE_CONV_2D", "DepthwiseConv", _depthwise),
    5: ("DEPTH_TO_SPACE", "DepthToSpace", _block),
    6: ("DEQUANTIZE", "Dequantize", _none),
    7: ("EMBEDDING_LOOKUP", "EmbeddingLookup", _none),
    8: ("FLOOR", "Floor", _none),
    9: ("FULLY_CONNECTED", "FullyConnected", _fully_connected),
    11: ("L2_NORMALIZATION", "L2Normalization", _fused(0)),
    12: ("L2_POOL_2D", "L2Pool", _pool),
    13: ("LOCAL_RESPONSE_NORMALIZATION", "LRN", _none),
    14: ("LOGISTIC", "Sigmoid", _none),
    16: ("LSTM", "LSTM", _none),
    17: ("MAX_POOL_2D", "MaxPool", _pool),
    18: ("MUL", "Mul", _fused(0)),
    19: ("RELU", "Relu", _none),
    20: ("RELU_N1_TO_1", "ReluN1To1", _none),
    21: ("RELU6", "Relu6", _none),
    22: ("RESHAPE", "Reshape", _reshape),
    23: ("RESIZE_BILINEAR", "ResizeBilinear", _none),
    24: ("RNN", "RNN", _none),
    25: ("SOFTMAX", "Softmax", _none),
    26: ("SPACE_TO_DEPTH", "SpaceToDepth", _block),
    27: ("SVDF", "SVDF", _svdf),
    28: ("TANH", "Tanh", _none),
    31: ("CALL", "Call", _subgraph(0)),
    34: ("PAD", "Pad", _none),
    35: ("UNIDIRECTIONAL_SEQUENCE_RNN", "SequenceRNN", _time(0)),
    36: ("GATHER", "Gather", _gather),
    37: ("BATCH_TO_SPACE_ND", "BatchToSpace", _none),
    38: ("SPACE_TO_BATCH_ND", "SpaceToBatch", _none),
    39: ("TRANSPOSE", "Transpose", _none),
    40: ("MEAN", "Mean", _reduce),
    41: ("SUB", "Sub", _fused(0)),
    42: ("DIV", "Div", _fused(0)),
    43: ("SQUEEZE", "Squeeze", _squeeze),
    44: ("UNIDIRECTIONAL_SEQUENCE_LSTM", "SequenceLSTM", _time(3)),
    45: ("STRIDED_SLICE", "StridedSlice", _strided_slice),
    46: ("BIDIRECTIONAL_SEQUENCE_RNN", "BidirectionalRNN", _both_rnn),
    47: ("EXP", "Exp", _none),
    48: ("TOPK_V2", "TopK", _none),
    49: ("SPLIT", "Split", _none),
    50: ("LOG_SOFTMAX", "LogSoftmax", _none),
    52: ("BIDIRECTIONAL_SEQUENCE_LSTM", "BidirectionalLSTM", _both_lstm),
    53: ("CAST", "Cast", _none),
    54: ("PRELU", "Prelu", _none),
    55: ("MAXIMUM", "Maximum", _none),
    56: ("ARG_MAX", "ArgMax", _none),
    57: ("MINIMUM", "Minimum", _none),
    58: ("LESS", "Less", _none),
    59: ("NEG", "Neg", _none),
    60: ("PADV2", "Pad", _none),
    61: ("GREATER", "Greater", _none),
    62: ("GREATER_EQUAL", "GreaterEqual", _none),
    63: ("LESS_EQUAL", "LessEqual", _none),
    64: ("SELECT", "Select", _none),
    65: ("SLICE", "Slice", _none),
    66: ("SIN", "Sin", _none),
    67: ("TRANSPOSE_CONV", "ConvTranspose", _conv_transpose),
    68: ("SPARSE_TO_DENSE", "SparseToDense", _none),
    69: ("TILE", "Tile", _none),
    70: ("EXPAND_DIMS", "ExpandDims", _none),
    71: ("EQUAL", "Equal", _none),
    72: ("NOT_EQUAL", "NotEqual", _none),
    73: ("LOG", "Log", _none),
    74: ("SUM", "Sum", _reduce),
    75: ("SQRT", "Sqrt", _none),
    76: ("RSQRT", "Rsqrt", _none),
    77: ("SHAPE", "Shape", _none),
    78: ("POW", "Pow", _none),
    79: ("ARG_MIN", "ArgMin", _none),
    80: ("FAKE_QUANT", "FakeQuant", _none),
    81: ("REDUCE_PROD", "Prod", _reduce),
    82: ("REDUCE_MAX", "Max", _reduce),
    83: ("PACK", "Pack", _axis(1)),
    84: ("LOGICAL_OR", "LogicalOr", _none),
    85: ("ONE_HOT", "OneHot", _axis(0)),
    86: ("LOGICAL_AND", "LogicalAnd", _none),
    87: ("LOGICAL_NOT", "LogicalNot", _none),
    88: ("UNPACK", "Unpack", _axis(1)),
    89: ("REDUCE_MIN", "Min", _reduce),
    90: ("FLOOR_DIV", "FloorDiv", _none),
    91: ("REDUCE_ANY", "Any", _reduce),
    92: ("SQUARE", "Square", _none),
    93: ("ZEROS_LIKE", "ZerosLike", _none),
    94: ("FILL", "Fill", _none),
    95: ("FLOOR_MOD", "FloorMod", _none),
    96: ("RANGE", "Range", _none),
    97: ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighbor", _none),
    98: ("LEAKY_RELU", "LeakyRelu", _none),
    99: ("SQUARED_DIFFERENCE", "SquaredDifference", _none),
    100: ("MIRROR_PAD", "Pad", _none),
    101: ("ABS", "Abs", _none),
    102: ("SPLIT_V", "SplitV", _none),
    103: ("UNIQUE", "Unique", _none),
    104: ("CEIL", "Ceil", _none),
    105: ("REVERSE_V2", "ReverseV2", _none),
    106: ("ADD_N", "AddN", _none),
    107: ("GATHER_ND", "GatherNd", _none),
    108: ("COS", "Cos", _none),
    109: ("WHERE", "Where", _none),
    110: ("RANK", "Rank", _none),
    111: ("ELU", "Elu", _none),
    112: ("REVERSE_SEQUENCE", "ReverseSequence", _none),
    113: ("MATRIX_DIAG", "MatrixDiag", _none),
    114: ("QUANTIZE", "Quantize", _none),
    115: ("MATRIX_SET_DIAG", "MatrixSetDiag", _none),
    116: ("ROUND", "Round", _none),
    117: ("HARD_SWISH", "HardSwish", _none),
    118: ("IF", "If", _subgraph(0, 1)),
    119: ("WHILE", "While", _none),
    120: ("NON_MAX_SUPPRESSION_V4", "NonMaxSuppression", _none),
    121: ("NON_MAX_SUPPRESSION_V5", "NonMaxSuppression", _none),
    122: ("SCATTER_ND", "ScatterNd", _none),
    123: ("SELECT_V2", "SelectV2", _none),
    124: ("DENSIFY", "Densify", _none),
    125: ("SEGMENT_SUM", "SegmentSum", _none),
    126: ("BATCH_MATMUL", "MatMul", _matmul),
    128: ("CUMSUM", "Cumsum", _none),
    129: ("CALL_ONCE", "CallOnce", _none),
    130: ("BROADCAST_TO", "BroadcastTo", _none),
    131: ("RFFT2D", "Rfft", _none),
    132: ("CONV_3D", "Conv", _conv_3d("DHWIO")),
    133: ("IMAG", "Imag", _none),
    134: ("REAL", "Real", _none),
    135: ("COMPLEX_ABS", "ComplexAbs", _none),
    136: ("HASHTABLE", "Hashtable", _none),
    137: ("HASHTABLE_FIND", "HashtableFind", _none),
    138: ("HASHTABLE_IMPORT", "HashtableImport", _none),
    139: ("HASHTABLE_SIZE", "HashtableSize", _none),
    140: ("REDUCE_ALL", "All", _reduce),
    141: ("CONV_3D_TRANSPOSE", "ConvTranspose", _conv_3d("DHWOI")),
    142: ("VAR_HANDLE", "VarHandle", _variable),
    143: ("READ_VARIABLE", "ReadVariable", _none),
    144: ("ASSIGN_VARIABLE", "AssignVariable", _none),
    145: ("BROADCAST_ARGS", "BroadcastArgs", _none),
    146: ("RANDOM_STANDARD_NORMAL", "RandomStandardNormal", _none),
    147: ("BUCKETIZE", "Bucketize", _none),
    148: ("RANDOM_UNIFORM", "RandomUniform", _none),
    149: ("MULTINOMIAL", "Multinomial", _none),
    150: ("GELU", "Gelu", _none),
    151: ("DYNAMIC_UPDATE_SLICE", "DynamicUpdateSlice", _none),
    152: ("RELU_0_TO_1", "Relu0To1", _none),
    153: ("UNSORTED_SEGMENT_PROD", "SegmentSum", _none),
    154: ("UNSORTED_SEGMENT_MAX", "SegmentSum", _none),
    155: ("UNSORTED_SEGMENT_SUM", "SegmentSum", _none),
    156: ("ATAN2", "Atan2", _none),
    157: ("UNSORTED_SEGMENT_MIN", "SegmentSum", _none),
    158: ("SIGN", "Sign", _none),
    160: ("BITWISE_XOR", "BitwiseXor", _none),
    161: ("RIGHT_SHIFT", "RightShift", _none),
    206: ("STABLEHLO_COMPOSITE", "Call", _subgraph(1)),
}


# Custom operators with a known meaning: MediaPipe's and those of TensorFlow's detection models.
CUSTOM_OPERATORS = {
    "Convolution2DTransposeBias": "ConvTransposeBias",
    "TFLite_Detection_PostProcess": "DetectionPostprocess",
    "MaxPoolingWithArgmax2D": "MaxPoolArgmax",
    "MaxUnpooling2D": "MaxUnpooling",
    "TransformTensorBilinear": "TransformTensor",
    "FlexErf": "Erf",
}


def custom_attributes(op: str, raw: bytes) -> dict[str, Any]:
    """The options of MediaPipe's operators, which are C structs; none for the others.

    A transposed convolution: padding (1 SAME, 2 VALID), stride across, stride down, as int32. A
    pool: the same, then window across and down.
    """
    if op not in ("ConvTransposeBias", "MaxPoolArgmax"):
        return {}
    try:
        padding, across, down = unpack_from("<3i", raw)
        window = unpack_from("<2i", raw, 12) if op == "MaxPoolArgmax" else (1, 1)
    except error:
        raise DscalcError(f"its options have {len(raw)} bytes, which are too few") from None
    return {
        "filter": "OHWI",
        "padding": {1: "SAME", 2: "VALID"}.get(padding, str(padding)),
        "strides": (down, across),
        "kernel": window[::-1],
    }
