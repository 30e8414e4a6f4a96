"""Writes the net, its decoding and its suppression of doubles as one ONNX graph of standard operators.

The graph is written by hand rather than traced: that keeps it small, readable in a viewer, and free of whatever
operators the training framework's exporter fancies in a given year.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from stills import CLASSES, HEIGHT, WIDTH
from training.net import REACH, STRIDE

OPSET, IR = 17, 8
ROWS = 100  # detections in the output, the rest is filled up with image_id -1
MOST_PER_CLASS = 60
SAME_THING_IOU = 0.55  # of two boxes of one class that overlap more, the surer one stays
LEAST_SCORE = 0.005
CELLS = (HEIGHT // STRIDE) * (WIDTH // STRIDE)


class Graph:
    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, value, dtype=np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def add(self, operator: str, *inputs: str, outputs: int = 1, **attributes):
        names = [f"{operator.lower()}{len(self.nodes)}" + (f"_{n}" if n else "") for n in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def conv(self, x: str, layer) -> str:
        """A convolution, its batch normalisation folded into its weights, and a ReLU; or a bare convolution."""
        bare = not hasattr(layer, "__getitem__")
        kernel = layer if bare else layer[0]
        weight = kernel.weight.detach().double().numpy()
        if bare:
            bias = kernel.bias.detach().double().numpy()
        else:
            norm = layer[1]
            factor = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().double().numpy()
            weight = weight * factor[:, None, None, None]
            bias = norm.bias.detach().double().numpy() - norm.running_mean.double().numpy() * factor
        size, pad = kernel.kernel_size[0], kernel.padding[0]
        out = self.add(
            "Conv",
            x,
            self.constant(weight),
            self.constant(bias),
            kernel_shape=[size, size],
            pads=[pad] * 4,
            strides=list(kernel.stride),
        )
        return out if bare else self.add("Relu", out)

    def double(self, x: str) -> str:
        return self.add(
            "Resize",
            x,
            "",
            self.constant([1, 1, 2, 2]),
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )


def write_graph(net, calibration: tuple[float, list[float]]) -> onnx.ModelProto:
    graph = Graph()
    answer = _network(graph, net)
    scores, boxes = _decode(graph, answer, *calibration)
    rows = _select(graph, scores, boxes)
    graph.nodes.append(helper.make_node("Unsqueeze", [rows, graph.constant([0, 1], np.int64)], ["detection_out"]))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "person_vehicle_bike",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, HEIGHT, WIDTH])],
            [helper.make_tensor_value_info("detection_out", TensorProto.FLOAT, [1, 1, ROWS, 7])],
            graph.constants,
        ),
        producer_name="sightline-demo",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
    )
    model.doc_string = "Finds vehicles (0), persons (1) and bikes (2) in drawn street scenes. Apache-2.0."
    onnx.checker.check_model(model, full_check=True)
    return model


def _network(graph: Graph, net) -> str:
    """The same steps as Net.forward."""
    x = graph.add("Mul", graph.add("Sub", "image", graph.constant(127.5)), graph.constant(1 / 64))
    at4 = graph.conv(graph.conv(graph.conv(x, net.stem), net.stage4[0]), net.stage4[1])
    at8 = _residual(graph, graph.conv(at4, net.stage8[0]), net.stage8[1])
    at16 = _residual(graph, graph.conv(at8, net.stage16[0]), net.stage16[1])
    at32 = graph.conv(graph.conv(at16, net.stage32[0]), net.stage32[1])
    top = graph.add("Add", graph.conv(at16, net.side16), graph.double(graph.conv(at32, net.side32)))
    middle = graph.add("Add", graph.conv(at8, net.side8), graph.double(graph.conv(top, net.smooth16)))
    fine = graph.add("Add", at4, graph.double(graph.conv(graph.conv(middle, net.smooth8), net.down8)))
    return graph.conv(graph.conv(fine, net.head), net.out)


def _residual(graph: Graph, x: str, block) -> str:
    return graph.add("Add", x, graph.conv(graph.conv(x, block.first), block.second))


def _decode(graph: Graph, answer: str, gain: float, middles: list[float]) -> tuple[str, str]:
    """Scores (1,3,CELLS) and boxes (1,CELLS,4) as x_min, y_min, x_max, y_max in 0..1."""
    flat = graph.add("Reshape", answer, graph.constant([1, len(CLASSES) + 4, CELLS], np.int64))
    logits, exponents = graph.add("Split", flat, graph.constant([len(CLASSES), 4], np.int64), outputs=2, axis=1)
    # Monotone within a class: the logit with the best F1 becomes 0.75, and scores move away from it by the gain.
    moved = graph.add("Sub", logits, graph.constant(np.reshape(middles, (1, -1, 1))))
    sharp = graph.add("Add", graph.add("Mul", moved, graph.constant(gain)), graph.constant(np.log(3.0)))
    scores = graph.add("Sigmoid", sharp)

    reach = graph.add(
        "Mul",
        graph.add("Exp", graph.add("Clip", exponents, graph.constant(-4), graph.constant(5))),
        graph.constant(REACH * np.reshape([-1 / WIDTH, -1 / HEIGHT, 1 / WIDTH, 1 / HEIGHT], (1, 4, 1))),
    )
    y, x = np.divmod(np.arange(CELLS), WIDTH // STRIDE)
    middle = np.stack([(x + 0.5) * STRIDE / WIDTH, (y + 0.5) * STRIDE / HEIGHT] * 2)[None]
    corners = graph.add("Clip", graph.add("Add", reach, graph.constant(middle)), graph.constant(0), graph.constant(1))
    return scores, graph.add("Transpose", corners, perm=[0, 2, 1])


def _select(graph: Graph, scores: str, boxes: str) -> str:
    """The best ROWS detections as rows of image_id, label, confidence, box."""
    kept = graph.add(
        "NonMaxSuppression",
        boxes,
        scores,
        graph.constant(MOST_PER_CLASS, np.int64),
        graph.constant(SAME_THING_IOU),
        graph.constant(LEAST_SCORE),
    )
    one = graph.constant([1], np.int64)
    label = graph.add("Gather", kept, one, axis=1)
    cell = graph.add("Gather", kept, graph.constant([2], np.int64), axis=1)
    place = graph.add("Add", graph.add("Mul", label, graph.constant([CELLS], np.int64)), cell)
    all_scores = graph.add("Reshape", scores, graph.constant([len(CLASSES) * CELLS], np.int64))
    all_boxes = graph.add("Reshape", boxes, graph.constant([CELLS, 4], np.int64))
    confidence = graph.add("Gather", all_scores, place, axis=0)
    box = graph.add("Gather", all_boxes, graph.add("Squeeze", cell, one), axis=0)
    label = graph.add("Cast", label, to=TensorProto.FLOAT)
    image_id = graph.add("Mul", label, graph.constant(0))
    found = graph.add("Concat", image_id, label, confidence, box, axis=1)
    filler = np.zeros((ROWS, 7), np.float32)
    filler[:, 0] = -1
    rows = graph.add("Concat", found, graph.constant(filler), axis=0)
    column = graph.add("Squeeze", graph.add("Gather", rows, graph.constant([2], np.int64), axis=1), one)
    _, order = graph.add("TopK", column, graph.constant([ROWS], np.int64), outputs=2, axis=0)
    return graph.add("Gather", rows, order, axis=0)
