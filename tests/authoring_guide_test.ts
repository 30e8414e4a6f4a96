import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { freePort } from "./support/free_port.ts";

const root = fileURLToPath(new URL("../", import.meta.url)).replace(/\/$/, "");
const hasPython = await new Deno.Command("python3", { args: ["-c", "import http.server"] })
  .output().then(({ success }) => success, () => false);

/** The commands of the guide's first part, for this checkout, and for ports that are free. */
async function guide(): Promise<string> {
  const text = await Deno.readTextFile(`${root}/docs/use_cases.md`);
  const [, part = ""] = /^## Five minutes[^\n]*\n([^]*?)^## /m.exec(text) ?? [];
  const blocks = [...part.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = ""]) => block);
  assert.equal(blocks.length, 6);
  return blocks.join("\n")
    .replace("SIGHTLINE=~/sightline", `SIGHTLINE="${root}"`)
    .replaceAll("8123", String(freePort()))
    .replaceAll("5000", String(freePort()));
}

Deno.test({
  name: "the guide: its commands work as they stand, from an empty folder" +
    (hasPython ? "" : " (ignored: needs python3 as a web server)"),
  ignore: !hasPython,
  fn: async () => {
    const cwd = await Deno.makeTempDir({ prefix: "sightline_guide_" });
    try {
      const script = `set -e\ntrap 'kill $server 2>/dev/null || true' EXIT\n${await guide()}`;
      const { code, stdout, stderr } = await new Deno.Command("bash", {
        args: ["-c", script],
        env: { NO_COLOR: "1", XDG_CACHE_HOME: `${cwd}/.cache` },
        cwd,
      }).output();
      const said = new TextDecoder().decode(stderr);
      const lines = new TextDecoder().decode(stdout).split("\n");
      assert.equal(code, 0, `${lines.join("\n")}\n${said}`);
      assert.doesNotMatch(said, /ERROR/);
      const records = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
      assert.equal(records.length, 200);
      // By its path and by its URL it says the same.
      const [here = [], there = []] = [records.slice(0, 100), records.slice(100)]
        .map((part) => part.map(({ detections }) => detections));
      assert.deepEqual(here, there);
      assert.ok(here.flat().some(({ label }) => label === "person"));
      assert.ok(lines.includes("people: 100 frames, as in people.golden.jsonl"));
      const lock = await Deno.readTextFile(`${cwd}/elsewhere/sightline.lock`);
      assert.match(lock, /people\.ts": "[0-9a-f]{64}"/);
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  },
});
