import { deepEqual } from "node:assert/strict";
import { Connection } from "./connection.js";
import { poll } from "../../../../tests/support/poll.ts";
import { refusedCode } from "./wire.js";

Deno.test("Connection shows a wrong key once, and another one at once", async () => {
  const asked: string[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const key = request.headers.get("sec-websocket-protocol") ?? "";
    asked.push(key);
    const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "sightline" });
    socket.onopen = () => key.endsWith("bm8") && socket.close(refusedCode);
    return response;
  });
  const states: string[] = [];
  const connection = new Connection(`ws://127.0.0.1:${server.addr.port}`, "no", {
    onOpen() {},
    onText() {},
    onMessage() {},
    onState: (state: string) => states.push(state),
  });
  connection.want(true);
  await poll("it is refused", () => states.at(-1) === "refused", 3000);
  // A page that is hidden and seen again.
  connection.want(false);
  connection.want(true);
  connection.useKey("yes");
  await poll("it is open", () => states.at(-1) === "open", 3000);
  connection.useKey("yes");
  connection.want(false);
  deepEqual(asked, ["sightline, key.bm8", "sightline, key.eWVz"]);
  deepEqual(states, ["connecting", "open", "refused", "closed", "connecting", "open", "closed"]);
});
