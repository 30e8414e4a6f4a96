import { equal, ok } from "node:assert/strict";
import { connect, createServer } from "node:net";
import { TcpTable } from "./tcp_table.ts";

const missing = Deno.build.os !== "linux";

Deno.test({
  name: "TcpTable looks once for all who ask within 40 ms, and never tells what was before a write",
  ignore: missing,
  fn: async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const accepted = new Promise<ReturnType<typeof connect>>((resolve) =>
      server.once("connection", resolve)
    );
    const viewer = connect(port, "127.0.0.1");
    const socket = await accepted;
    let looks = 0;
    let nowMs = 1000;
    const table = new TcpTable((path) => {
      looks++;
      return Deno.readTextFile(path);
    }, () => nowMs);
    const ask = (sinceMs: number) => table.unacknowledgedBytes(socket, sinceMs);
    for (const bytes of await Promise.all(Array.from({ length: 100 }, () => ask(990)))) {
      equal(bytes, 0);
    }
    equal(looks, 2, "one look at two tables");
    nowMs = 1039;
    // It does not read: what is more than its system takes has to wait.
    viewer.pause();
    socket.write(new Uint8Array(30_000_000));
    equal(await ask(1010), undefined, "written to since");
    nowMs = 1040;
    const waiting = await ask(1010) ?? 0;
    ok(waiting > 10_000_000, `${waiting} bytes`);
    equal(looks, 4);
    viewer.destroy();
    socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  },
});

Deno.test("TcpTable knows nothing where there are no such tables", async () => {
  const table = new TcpTable(() => Promise.reject(new Deno.errors.NotFound()));
  equal(
    await table.unacknowledgedBytes({ localPort: 1, remotePort: 2, writableLength: 0 }, 0),
    null,
  );
});
