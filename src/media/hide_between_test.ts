import { deepEqual } from "node:assert/strict";
import { hideBetween } from "./hide_between.ts";

/** What is drawn into pictures of these times, by what a stream said at others. */
async function drawn(said: readonly number[], times: readonly number[], fails = false) {
  const lines: string[] = [];
  const notes = said.map((stampMs) => ({ stream: "door", stampMs, analysis: { data: stampMs } }));
  const hide = hideBetween(["door"], notes, (_, { data }, stream) => {
    if (fails) throw new Error("gone");
    lines.push(`${stream} ${data}`);
  });
  for (const ms of times) {
    const picture = { width: 1, height: 1, data: Uint8Array.of(9, 9, 9, 9) };
    await hide(picture, ms);
    lines.push(picture.data[0] === 0 ? "black" : "shown");
  }
  return lines;
}

Deno.test("hideBetween() draws what was said of the frame itself, or of both of its neighbours", async () => {
  deepEqual(await drawn([200, 0, 100], [100.2, 150]), [
    "door 100",
    "shown",
    "door 100",
    "door 200",
    "shown",
  ]);
});

Deno.test("hideBetween() makes a picture black of which nothing near is known", async () => {
  deepEqual(await drawn([0, 5000], [500, 2000, 4500]), [
    "door 0",
    "shown",
    "black",
    "door 5000",
    "shown",
  ]);
  deepEqual(await drawn([], [0]), ["black"]);
  deepEqual(await drawn([0], [0], true), ["black"]);
});

Deno.test("hideBetween() goes by the neighbours of a picture, whatever was said before", async () => {
  // Behind the last, before the first, and between two of many.
  deepEqual(await drawn([0, 400, 800], [1000]), ["door 800", "shown"]);
  deepEqual(await drawn([1000, 1400], [800]), ["door 1000", "shown"]);
  deepEqual(await drawn([0, 400, 800], [500]), ["door 400", "door 800", "shown"]);
  deepEqual(await drawn([0], [1000]), ["door 0", "shown"]);
  deepEqual(await drawn([0], [1001]), ["black"]);
});

Deno.test("hideBetween() takes of each stream what it said itself", async () => {
  const notes = ["door", "yard", "door"].map((stream, index) => (
    { stream, stampMs: 100 * index, analysis: { data: index } }
  ));
  const lines: string[] = [];
  const picture = { width: 1, height: 1, data: Uint8Array.of(9, 9, 9, 9) };
  const hide = hideBetween(["door", "yard"], notes, (_, { data }, stream) => {
    lines.push(`${stream} ${data}`);
  });
  await hide(picture, 100);
  deepEqual(lines, ["door 0", "door 2", "yard 1"]);
});
