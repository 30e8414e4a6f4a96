import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { Logger } from "@logtape/logtape";
import { nats } from "./nats.ts";

const info = {
  server_id: "x",
  version: "2.10.0",
  proto: 1,
  headers: true,
  max_payload: 1_048_576,
  auth_required: true,
};

Deno.test("a NATS server that refuses the login and resets fails the delivery, and nothing else", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    socket.once("data", () => {
      socket.write("-ERR 'Authorization Violation'\r\n", () => socket.resetAndDestroy());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const destination = await nats.open(`nats://127.0.0.1:${port}/x`, {}, {
    logger: {} as Logger,
    name: "n",
    password: () => Promise.resolve(null),
    streams: [],
    events: null,
    publicUrl: null,
    signal: new AbortController().signal,
  });
  try {
    for (let attempt = 0; attempt < 20; attempt++) {
      await assert.rejects(
        destination.check!(new AbortController().signal),
        /Authorization|RESET|closed/i,
      );
    }
  } finally {
    await destination[Symbol.asyncDispose]();
    server.close();
    await once(server, "close");
  }
});
