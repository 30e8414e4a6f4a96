import { equal, match } from "node:assert/strict";
import type { Inference } from "../inference/inference.ts";
import { Silence } from "./silence.ts";

const server = { description: "m at grpc://somewhere:9000" } as Inference;
const embedded = { description: "m.onnx (ONNX, in this process)", embedded: true } as Inference;

Deno.test("Silence is not said of a model that is slow, however many are given up between answers", () => {
  let nowMs = 0;
  const silence = new Silence(embedded, () => nowMs);
  for (; nowMs < 160_000; nowMs += 1_200) {
    // Four frames whose deadlines were exceeded one after the other, the last of them 11 ms after it was sent.
    for (const agoMs of [990, 700, 300, 11]) equal(silence.givenUp(nowMs - agoMs), null);
    silence.answered();
  }
});

Deno.test("Silence counts from the last answer, and from three seconds on", () => {
  let nowMs = 10_000;
  const silence = new Silence(server, () => nowMs);
  silence.answered();
  nowMs = 11_000;
  // Sent before the answer came, which is when the silence begins.
  equal(silence.givenUp(9_500), null);
  nowMs = 12_999;
  equal(silence.givenUp(12_000), null);
  nowMs = 13_000;
  match(silence.givenUp(12_100)?.message ?? "", /for 3\.0 s$/);
  nowMs = 13_250;
  const failure = silence.givenUp(12_250);
  equal(failure?.reason, "timeout");
  equal(
    failure?.message,
    "Cannot finish requests: m at grpc://somewhere:9000 has answered none for 3.3 s",
  );
  match(failure?.hint ?? "", /server/);
  silence.answered();
  equal(silence.givenUp(12_260), null);
});

Deno.test("Silence leaves out the time in which nothing was asked, and asks for more than one request", () => {
  let nowMs = 0;
  const silence = new Silence(server, () => nowMs);
  silence.answered();
  // A camera of one frame in a minute.
  nowMs = 61_000;
  equal(silence.givenUp(60_000), null);
  nowMs = 121_000;
  match(silence.givenUp(120_000)?.message ?? "", /for 61\.0 s$/);
});

Deno.test("Silence is not said when all requests are given up at once, after a pause of the process", () => {
  let nowMs = 0;
  const silence = new Silence(server, () => nowMs);
  silence.answered();
  nowMs = 9_000;
  for (const sentAtMs of [100, 200, 300, 400]) equal(silence.givenUp(sentAtMs), null);
  nowMs = 10_000;
  match(silence.givenUp(9_100)?.message ?? "", /for 9\.9 s$/);
});

Deno.test("Silence calls an embedded model slow, and no server", () => {
  let nowMs = 1_000;
  const silence = new Silence(embedded, () => nowMs);
  equal(silence.givenUp(0), null);
  nowMs = 4_000;
  const failure = silence.givenUp(3_000);
  match(failure?.message ?? "", /m\.onnx .*has answered none in time for 4\.0 s/);
  match(failure?.hint ?? "", /too slow for this machine/);
});
