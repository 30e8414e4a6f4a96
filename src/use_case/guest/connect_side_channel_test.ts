import assert from "node:assert/strict";
import { PrivateSocket } from "../../private_socket.ts";
import { noGuard } from "../../process_guard.ts";

const script = `
import { connectSideChannel } from ${
  JSON.stringify(new URL("connect_side_channel.ts", import.meta.url).href)
};
const [path] = Deno.args;
const side = await connectSideChannel(Deno.args);
side.write([Uint8Array.of(7)]);
const again = await Deno.connect({ transport: "unix", path }).then(() => "", String);
const granted = Deno.permissions.querySync({ name: "read", path: "/granted/file" }).state;
console.log(JSON.stringify({ again, granted }));
`;

Deno.test("connectSideChannel() gives back what it was permitted for that, and nothing else", async () => {
  await using socket = PrivateSocket.open(noGuard);
  const { path } = socket;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-check", `--allow-net=unix:${path}`],
      ...[`--allow-read=/granted,${path}`, `--allow-write=${path}`],
      ...[`data:text/javascript,${encodeURIComponent(script)}`, path, "net", "read", "write"],
    ],
    stdin: "null",
    stderr: "inherit",
  }).output();
  using connection = await socket.accept();
  const first = new Uint8Array(1);
  assert.equal(await connection?.read(first), 1);
  assert.deepEqual(first, Uint8Array.of(7));
  const { again, granted } = JSON.parse(new TextDecoder().decode((await child).stdout));
  assert.match(again, /NotCapable: Requires read access/);
  assert.equal(granted, "granted");
});
