/** At a terminal Deno asks what a Worker may do; Sightline sees to it that there is no question. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const hasScript = await new Deno.Command("script", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

for (const flag of ["", "--no-prompt"]) {
  Deno.test({
    name: `a plugin is refused at a terminal as elsewhere, ${flag || "without --no-prompt"}` +
      (hasScript ? "" : " (ignored: util-linux's script is not installed)"),
    ignore: !hasScript,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        const plugin = join(folder, "curious.js");
        await Deno.writeTextFile(
          plugin,
          `export default () => ({ postprocess: () => Deno.readTextFileSync("/etc/passwd") });`,
        );
        const command = [
          ...[Deno.execPath(), "run", "-A", flag, join(root, "main.ts"), "--limit_frames", "1"],
          ...["--stream_url", join(root, "demo/street.mp4"), "--use_case", plugin],
          ...["--isolation", "worker"],
          ...["--model_path", join(root, "demo/person_vehicle_bike.onnx")],
        ].join(" ");
        // A question would wait for ever.
        const { stdout } = await new Deno.Command("timeout", {
          args: ["30", "script", "-qec", command, "/dev/null"],
          env: { NO_COLOR: "1" },
          stdin: "null",
          stdout: "piped",
        }).output();
        const said = new TextDecoder().decode(stdout);
        assert.match(said, / - curious - ERROR - The use case failed on 1 frames: .*Requires read/);
        assert.equal(/It runs in a process of its own/.test(said), flag === "", said);
        assert.doesNotMatch(said, /Allow\?/);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
