"""Asks the stand-in's graphs in streams as OVMS's own demo does, by tritonclient; prints what it passed.

Arguments: host:port, and a JPEG that is not used.
"""

import queue
import sys

import numpy as np
import tritonclient.grpc as triton

address = sys.argv[1]
PICTURE = np.full((40, 60, 3), 100, dtype=np.uint8)


def passed(what):
    print(what, flush=True)


class Stream:
    """One stream, with a queue of what comes."""

    def __enter__(self):
        self.client = triton.InferenceServerClient(address)
        self.answers = queue.Queue()
        self.client.start_stream(lambda result, error: self.answers.put((result, error)))
        return self

    def __exit__(self, *_):
        self.client.stop_stream()
        self.client.close()

    def send(self, graph, timestamp, picture=PICTURE, **side_packets):
        value = triton.InferInput("input", list(picture.shape), "UINT8")
        value.set_data_from_numpy(picture)
        parameters = {"OVMS_MP_TIMESTAMP": timestamp, **side_packets}
        self.client.async_stream_infer(graph, [value], parameters=parameters)

    def next(self):
        result, error = self.answers.get(timeout=20)
        assert error is None, error
        return result, result.get_response().parameters["OVMS_MP_TIMESTAMP"].int64_param

    def refused(self, words):
        _, error = self.answers.get(timeout=20)
        assert error is not None and words in str(error), f"{error} does not say {words}"


with Stream() as stream:
    for timestamp in 100, 200, 300:
        stream.send("draw", timestamp)
        result, at = stream.next()
        drawn = result.as_numpy("output")
        assert at == timestamp and drawn.shape == PICTURE.shape and (drawn != PICTURE).any()
passed("a drawn picture for each frame")

with Stream() as stream:
    for timestamp in range(1, 10):
        stream.send("third", timestamp)
    assert [stream.next()[1] for _ in range(3)] == [3, 6, 9]
passed("every third frame")

with Stream() as stream:
    stream.send("tracker", 5, first=41)
    found = {}
    for _ in range(2):
        result, at = stream.next()
        assert at == 5
        for name in "seen", "words":
            value = result.as_numpy(name)
            if value is not None:
                found[name] = value
    assert found["seen"][0] == 42 and found["words"][0] == b"42 seen", found
passed("two outputs, a side packet, a text")

with Stream() as stream:
    stream.send("draw", 1, PICTURE.reshape(1, 40, 60, 3))
    stream.refused("Invalid Mediapipe Image input shape size")
    stream.send("draw", 2)
    assert stream.next()[1] == 2
passed("an error in the stream, which goes on")

with Stream() as stream:
    stream.send("draw", 7)
    stream.next()
    stream.send("draw", 7)
    stream.refused("Packet timestamp mismatch")
passed("a clock that stands ends the stream")

with Stream() as stream:
    stream.send("tracker_pooled", 1, first=41)
    stream.refused("Input side packets are not supported for graphs with queue enabled")
passed("to the end")
