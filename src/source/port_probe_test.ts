import assert from "node:assert/strict";
import { freePort } from "../../tests/support/free_port.ts";
import { parseAddress } from "./address.ts";
import { isRefused } from "./port_probe.ts";

Deno.test("isRefused() tells a port that is closed from all others", async () => {
  const free = freePort();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const cases: [string, boolean][] = [
    [`rtsp://user:p%40ss@127.0.0.1:${free}/live`, true],
    [`http://127.0.0.1:${free}/video`, true],
    [`rtsp://127.0.0.1:${port}/live`, false],
    [`rtsp://no-such-host.invalid:${free}/live`, false],
    [`udp://127.0.0.1:${free}`, false],
    ["rtsp://127.0.0.1:1live", false],
    ["rtsps://u:pw@/live", false],
    ["https://127.0.0.1:99999/live", false],
    [`rtsp://[fe80::1%eth0]:${free}/live`, false],
    ["clip.mp4", false],
  ];
  for (const [url, expected] of cases) {
    assert.equal(await isRefused(parseAddress(url)), expected, url);
  }
});
