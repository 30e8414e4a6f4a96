import assert from "node:assert/strict";
import type { Analysis, UseCase, UseCaseFactory } from "../src/mod.ts";
import combineByName, { combine, type Options } from "./combine.ts";
import { lineCrossing } from "./line_crossing.ts";
import { context, frameInfo, ssd } from "./parts/testing.ts";
import personVehicleBike from "./person_vehicle_bike.ts";

Deno.test("combine runs two use cases on the same outputs, and merges what they say", async () => {
  const useCase = await combineByName({
    useCases: [
      { name: "person_vehicle_bike", options: { threshold: 0.5 } },
      { name: "line_crossing", options: { tracker: { minHits: 1 } } },
      { name: "zone_presence", options: { tracker: { minHits: 1 } } },
    ],
  }, context);
  let last: Analysis = {};
  const events: string[] = [];
  for (let step = 0; step <= 20; step++) {
    const feet = 0.35 + step * 0.015;
    last = await useCase.postprocess(ssd([1, 0.9, 0.4, feet - 0.3, 0.5, feet]), frameInfo(step));
    events.push(...(last.events ?? []).map(({ type }) => type));
  }
  // One person, though three have reported it.
  assert.deepEqual(last.detections?.map(({ label, trackId }) => [label, trackId]), [["person", 1]]);
  assert.deepEqual(events.toSorted(), ["line_crossed", "zone_entered"]);
  assert.equal(last.annotations?.length, 4);
  const zones = { picture: { inside: 1, entered: 1, left: 0, mean_dwell_ms: null } };
  assert.deepEqual(last.data, [null, { lines: { line: { down: 1, up: 0 } } }, { zones }]);
});

/** A use case that keeps a diary. */
function noted(name: string, diary: string[], more: Partial<UseCase> = {}): UseCaseFactory {
  return (options) => ({
    postprocess: () => ({ data: { name, options } }),
    visualize: (_picture, { data }) => void diary.push(`${name} draws ${JSON.stringify(data)}`),
    dispose: () => void diary.push(`${name} ends`),
    ...more,
  });
}

Deno.test("combine() hands options, pictures and the end to each", async () => {
  const diary: string[] = [];
  const both = combine(noted("a", diary, { preprocess: () => null }), noted("b", diary));
  const useCase = await both([1, 2], context);
  const analysis = await useCase.postprocess({}, frameInfo());
  assert.deepEqual(analysis.data, [{ name: "a", options: 1 }, { name: "b", options: 2 }]);
  assert.equal(await useCase.preprocess!({ ...frameInfo(), data: new Uint8Array() }), null);
  await useCase.visualize!(
    { width: 1, height: 1, data: new Uint8Array(4) },
    structuredClone(analysis),
  );
  await useCase.dispose!();
  assert.deepEqual(diary, [
    'a draws {"name":"a","options":1}',
    'b draws {"name":"b","options":2}',
    "b ends",
    "a ends",
  ]);
});

Deno.test("combine() asks for one picture, and refuses two kinds of it", async () => {
  const want = (input: UseCase["input"] & object) => noted("x", [], { input });
  const useCase = await combine(want({ channels: "rgb" }), want({ channels: "rgb", range: 1 }))(
    undefined,
    context,
  );
  assert.deepEqual(useCase.input, { channels: "rgb", range: 1 });
  const rejects = async (factory: UseCaseFactory<undefined>, message: string) =>
    await assert.rejects(async () => await factory(undefined, context), { message });
  await rejects(
    combine(want({ fit: "stretch" }), want({ fit: "letterbox" })),
    'the use cases want different pictures: input.fit is "stretch" for one and "letterbox" for another',
  );
  const preprocess = () => null;
  await rejects(
    combine(noted("a", [], { preprocess }), noted("b", [], { preprocess })),
    "only one of the use cases may have a preprocess()",
  );
  assert.throws(() => combine(), { message: "combine() needs at least one use case" });
});

Deno.test("combine() does not draw when none of them does", async () => {
  const useCase = await combine(personVehicleBike, lineCrossing(personVehicleBike))([], context);
  assert.equal(useCase.visualize, undefined);
});

Deno.test("combine refuses names that do not ship, and options that belong to none of them", async () => {
  const rejects = async (options: unknown, message: string | RegExp) =>
    await assert.rejects(async () => await combineByName(options as Options, context), { message });
  await rejects({}, /^useCases is missing, such as /);
  await rejects(
    { useCases: [{ name: "toString" }] },
    /^useCases is \[\{"name":"toString"\}\], allowed is a list of \{"name", "options"\} with a name of classification, /,
  );
  await rejects(
    { useCases: [{ name: "yolo", options: { threshold: 2 } }] },
    "threshold is 2, allowed is 0 to 1",
  );
  await assert.rejects(async () => await combine(personVehicleBike)([{}, {}], context), {
    message: "options are for 1 use cases, allowed is a list of them",
  });
});

Deno.test("combine() tells each of a stream to a graph, and waits for what any of them needs", async () => {
  const told: string[] = [];
  const over = (name: string, outputs?: readonly string[]): UseCaseFactory => () => ({
    ...outputs && { outputs },
    session: ({ number }) => void told.push(`${name} ${number}`),
    postprocess: () => ({}),
  });
  const both = await combine(over("a", ["x", "y"]), over("b", ["y", "z"]))(undefined, context);
  assert.deepEqual(both.outputs, ["x", "y", "z"]);
  await both.session!({ number: 1, state: "fresh" });
  assert.deepEqual(told, ["a 1", "b 1"]);
  // One that names none needs them all.
  const open = await combine(over("a", ["x"]), over("b"))(undefined, context);
  assert.equal(open.outputs, undefined);
  const none = await combine(() => ({ postprocess: () => ({}) }))(undefined, context);
  assert.equal(none.session, undefined);
});
