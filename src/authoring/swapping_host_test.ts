import assert from "node:assert/strict";
import type { Frame } from "../frame/frame.ts";
import type { UseCaseHost } from "../use_case/host.ts";
import { frameOf } from "../../tests/support/samples.ts";
import { SwappingHost } from "./swapping_host.ts";

const frame = (sequence: number): Frame => frameOf({ sequence, data: new Uint8Array(1) });

/** A use case that writes down what it is asked. */
function host(name: string, log: string[]): UseCaseHost {
  return {
    name,
    format: { pixelFormat: "gray", fit: "stretch" },
    preprocess: ({ sequence }) => (log.push(`${name} prepares ${sequence}`), {}),
    postprocess: (_outputs, { sequence }) => (log.push(`${name} reads ${sequence}`), {}),
    visualize: () => void log.push(`${name} draws`),
    [Symbol.asyncDispose]: () => (log.push(`${name} leaves`), Promise.resolve()),
  };
}

Deno.test("SwappingHost has each frame read by whom it was prepared by, who then leaves", async () => {
  const log: string[] = [];
  {
    const tell = () => log.push("replaced");
    await using swapping = new SwappingHost(host("a", log), tell);
    await swapping.preprocess(frame(0));
    await swapping.preprocess(frame(1));
    swapping.swap(host("b", log));
    await swapping.postprocess({}, frame(0));
    await swapping.preprocess(frame(2));
    await swapping.postprocess({}, frame(1));
    await swapping.postprocess({}, frame(2));
    await swapping.visualize?.({ width: 1, height: 1, data: new Uint8Array(4) }, {});
  }
  assert.deepEqual(log, [
    ...["a prepares 0", "a prepares 1", "a reads 0", "b prepares 2", "a reads 1"],
    ...["a leaves", "replaced", "b reads 2", "b draws", "b leaves"],
  ]);
});

Deno.test("SwappingHost lets go of one that was replaced before its first frame", async () => {
  const log: string[] = [];
  {
    await using swapping = new SwappingHost(host("a", log));
    swapping.swap(host("b", log));
    swapping.swap(host("c", log));
    assert.deepEqual(log, ["b leaves"]);
    await swapping.preprocess(frame(7));
    assert.equal(swapping.stale.aborted, false);
    swapping.expire();
    assert.equal(swapping.stale.aborted, true);
    swapping.swap(host("d", log));
  }
  assert.deepEqual(log, ["b leaves", "c prepares 7", "d leaves", "a leaves", "c leaves"]);
});

Deno.test("SwappingHost tells each version of the stream to a graph, before its first result", async () => {
  const log: string[] = [];
  const told = (name: string): UseCaseHost => ({
    ...host(name, log),
    session: ({ number }) => void log.push(`${name} is told of ${number}`),
  });
  {
    await using swapping = new SwappingHost(told("a"));
    await swapping.preprocess(frame(0));
    swapping.swap(told("b"));
    await swapping.preprocess(frame(1));
    await swapping.session?.({ number: 1, state: "fresh" });
    await swapping.postprocess({}, frame(0));
    await swapping.postprocess({}, frame(1));
    await swapping.session?.({ number: 2, state: "fresh" });
    await swapping.postprocess({}, frame(1));
  }
  assert.deepEqual(log.filter((line) => !line.includes("prepares")), [
    ...["a is told of 1", "a reads 0", "a leaves", "b is told of 1", "b reads 1"],
    ...["b is told of 2", "b reads 1", "b leaves"],
  ]);
});

Deno.test("SwappingHost knows what can take its place", async () => {
  await using swapping = new SwappingHost(host("a", []));
  const like = (other: Partial<UseCaseHost>) => swapping.isLike({ ...host("b", []), ...other });
  assert.ok(like({}));
  assert.equal(like({ format: { pixelFormat: "rgb24", fit: "stretch" } }), false);
  assert.equal(like({ outputs: ["a"] }), false);
  assert.equal(like({ session: () => {} }), false);
});
