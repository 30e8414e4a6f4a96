import assert from "node:assert/strict";
import { FeedPace } from "./feed_pace.ts";
import { mjpegStream } from "./mjpeg.ts";

async function* jpegs(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) yield Uint8Array.of(0xff, 0xd8, index, 0xff, 0xd9);
}

/** Larger than what goes out before anything is known of the way. */
async function* large(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(20_000);
}

const paceOf = (unacknowledged = 0) => new FeedPace(() => Promise.resolve(unacknowledged));

function streamOf(pictures: AsyncIterable<Uint8Array>, log: string[]) {
  return mjpegStream(
    pictures,
    paceOf(),
    10_000,
    () => log.push("end"),
    () => log.push("stuck"),
  );
}

Deno.test("mjpegStream() puts a boundary before and behind each picture", async () => {
  const log: string[] = [];
  const stream = streamOf(jpegs(2), log);
  const text = new TextDecoder("latin1").decode(await new Response(stream).bytes());
  const part = (index: string) =>
    `content-type: image/jpeg\r\ncontent-length: 5\r\n\r\n\xff\xd8${index}\xff\xd9\r\n--sightline-picture\r\n`;
  // windows-1252, which "latin1" means to a TextDecoder, leaves these bytes as they are.
  assert.equal(text, "--sightline-picture\r\n" + part("\x00") + part("\x01"));
  assert.deepEqual(log, ["end"]);
});

Deno.test("mjpegStream() takes no picture that was not asked for", async () => {
  let taken = 0;
  async function* counted() {
    for await (const jpeg of jpegs(10)) {
      taken++;
      yield jpeg;
    }
  }
  const reader = streamOf(counted(), []).getReader();
  await reader.read();
  assert.equal(taken, 1);
  await reader.cancel();
});

Deno.test("mjpegStream() gives up a viewer that takes nothing", async () => {
  const stuck = Promise.withResolvers<void>();
  const log: string[] = [];
  const stream = mjpegStream(jpegs(10), paceOf(), 30, () => log.push("end"), stuck.resolve);
  const reader = stream.getReader();
  await reader.read();
  await stuck.promise;
  assert.deepEqual(log, ["end"]);
  await reader.cancel();
});

Deno.test("mjpegStream() gives up a viewer whose system takes nothing, and takes no picture for it", async () => {
  const stuck = Promise.withResolvers<void>();
  const log: string[] = [];
  const stream = mjpegStream(large(), paceOf(1e9), 30, () => log.push("end"), stuck.resolve);
  const reader = stream.getReader();
  await reader.read();
  const second = reader.read();
  await stuck.promise;
  assert.deepEqual(log, ["end"]);
  await reader.cancel();
  assert.ok((await second).done);
});
