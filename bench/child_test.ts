import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { Child } from "./child.ts";
import { listTree } from "./process_tree.ts";

const linux = Deno.build.os === "linux";

Deno.test({
  name: `Child leaves no worker behind${linux ? "" : " (needs Linux's /proc)"}`,
  ignore: !linux,
  async fn() {
    const { promise, resolve } = Promise.withResolvers<string>();
    let worker = 0;
    {
      // The shell ends on SIGTERM at once and forgets its worker, which holds the pipe open.
      await using child = new Child("sh", ["-c", "sleep 60 & echo started; wait"], resolve);
      assert.equal(await promise, "started");
      worker = (await listTree(child.pid))[1]?.pid ?? 0;
      assert.notEqual(worker, 0);
    }
    // Killed is not yet reaped: that is for the process that inherited it.
    const deadlineMs = Date.now() + 5000;
    while ((await listTree(worker)).length > 0 && Date.now() < deadlineMs) await pause(10);
    assert.deepEqual(await listTree(worker), []);
  },
});
