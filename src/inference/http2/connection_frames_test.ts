import { deepEqual, equal, match } from "node:assert/strict";
import { Http2Connection } from "./connection.ts";
import { frameFlag, frameType, makeFrame } from "./frame.ts";
import { encodeHeaders } from "./hpack.ts";
import { post } from "../../../tests/support/http2_post.ts";

/** A connection to a server of which the test says every frame. */
async function withScript() {
  const queue: Uint8Array[] = [];
  let arrived = Promise.withResolvers<void>();
  let isClosed = false;
  const give = (
    type: number,
    flags: number,
    id: number,
    payload: Uint8Array = new Uint8Array(),
  ) => {
    queue.push(makeFrame(type, flags, id, payload));
    arrived.resolve();
  };
  give(frameType.settings, frameFlag.none, 0);
  const connection = await Http2Connection.begin({
    async read(space) {
      while (queue.length === 0 && !isClosed) await arrived.promise;
      arrived = Promise.withResolvers();
      const bytes = queue.shift();
      if (bytes === undefined) return null;
      space.set(bytes);
      return bytes.byteLength;
    },
    write: (bytes) => Promise.resolve(bytes.byteLength),
    close() {
      isClosed = true;
      arrived.resolve();
    },
  }, new URL("http://localhost"));
  const answer = (id: number, status: number, flags = frameFlag.endHeaders as number) =>
    give(frameType.headers, flags, id, encodeHeaders([[":status", String(status)]]));
  const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
  return { connection, give, answer, turn, isClosed: () => isClosed };
}

const whole = frameFlag.endHeaders | frameFlag.endStream;

Deno.test("a connection that the server has ended is closed with the last answer, and not before", async () => {
  const { connection, give, answer, turn, isClosed } = await withScript();
  const [first, second] = [post(connection, "/1"), post(connection, "/2")];
  give(frameType.goaway, frameFlag.none, 0, Uint8Array.of(0, 0, 0, 3, 0, 0, 0, 0));
  answer(1, 200, whole);
  await first.answer;
  await turn();
  deepEqual([connection.usable, isClosed()], [false, false]);
  answer(3, 200, whole);
  await second.answer;
  await turn();
  equal(isClosed(), true);
});

Deno.test("an informational answer is not the one that counts", async () => {
  const { connection, answer } = await withScript();
  const request = post(connection, "/");
  for (const status of [100, 103]) answer(1, status);
  answer(1, 201);
  answer(1, 0, whole);
  equal((await request.answer).headers.get(":status"), "201");
  // At the end there is no other that could.
  const last = post(connection, "/");
  answer(3, 103, whole);
  equal((await last.answer).headers.get(":status"), "103");
  connection.close(new Error("the test is over"));
});

Deno.test("ping() closes a connection on which nothing comes back, and no other", async () => {
  const later = globalThis.setTimeout;
  for (const isSilent of [false, true]) {
    const { connection, give, turn } = await withScript();
    const { answer } = post(connection, "/");
    const outcome = answer.then(() => "", ({ message }: Error) => message);
    let isOver: () => void = () => {};
    try {
      // The seconds are not waited for.
      globalThis.setTimeout = ((use: () => void) => {
        isOver = use;
        return later(() => {}, 0);
      }) as typeof setTimeout;
      connection.ping();
    } finally {
      globalThis.setTimeout = later;
    }
    await new Promise((resolve) => later(resolve, 2));
    if (!isSilent) give(frameType.ping, frameFlag.ack, 0, new Uint8Array(8));
    await turn();
    isOver();
    equal(connection.usable, !isSilent);
    connection.close(new Error("the test is over"));
    match(await outcome, isSilent ? /^the server answered no ping within \d+ ms$/ : /is over/);
  }
});
