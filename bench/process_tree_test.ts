import assert from "node:assert/strict";
import { listTree, treeCpuSeconds, treeMemory } from "./process_tree.ts";

const linux = Deno.build.os === "linux";
const where = linux ? "" : " (needs Linux's /proc)";

/** A shell with two children: one lives, one has burnt CPU and ended. */
async function startFamily(): Promise<Deno.ChildProcess & AsyncDisposable> {
  const burn = `awk 'BEGIN { for (i = 0; i < 3000000; i++) x += i }'`;
  const child = new Deno.Command("sh", {
    args: ["-c", `sleep 60 & ${burn}; echo burnt; wait`],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  reader.releaseLock();
  await child.stdout.cancel();
  return Object.assign(child, {
    async [Symbol.asyncDispose]() {
      for (const { pid } of await listTree(child.pid)) Deno.kill(pid, "SIGKILL");
      await child.status;
    },
  });
}

Deno.test({
  name: `listTree() finds the root and its descendants, and nothing else${where}`,
  ignore: !linux,
  async fn() {
    await using family = await startFamily();
    const tree = await listTree(family.pid);
    assert.deepEqual(tree.map(({ command }) => command), ["sh", "sleep"]);
    assert.equal(tree[0]?.pid, family.pid);
  },
});

Deno.test({
  name: `treeCpuSeconds() counts children that have ended${where}`,
  ignore: !linux,
  async fn() {
    await using family = await startFamily();
    assert.ok(await treeCpuSeconds(family.pid) >= 0.02);
  },
});

Deno.test({
  name: `treeMemory() counts shared pages once in pssBytes${where}`,
  ignore: !linux,
  async fn() {
    await using family = await startFamily();
    const { rssBytes, pssBytes } = await treeMemory(family.pid);
    assert.ok(pssBytes > 0);
    // Both processes map the same C library.
    assert.ok(rssBytes > pssBytes);
  },
});

Deno.test({
  name: `treeCpuSeconds() of a process that has ended is 0${where}`,
  ignore: !linux,
  async fn() {
    const child = new Deno.Command("true").spawn();
    await child.status;
    assert.equal(await treeCpuSeconds(child.pid), 0);
  },
});
