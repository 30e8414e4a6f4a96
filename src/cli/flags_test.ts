import assert from "node:assert/strict";
import fc from "fast-check";
import { parseFlags } from "./flags.ts";
import { processSettings, streamSettings } from "../config/settings.ts";

/** The settings that the arguments give, of the stream and of the process together. */
function settingsOf(...args: string[]): Record<string, unknown> {
  const { user, problems } = parseFlags(args);
  assert.deepEqual(problems, []);
  return { ...user.streams[0], ...user.process };
}

Deno.test("parseFlags() takes dashes for underscores, in the flag and not in its value", () => {
  assert.deepEqual(settingsOf("--stream-url", "a-b_c", "--model-name=x-y", "--rtsp-listen"), {
    stream_url: "a-b_c",
    model_name: "x-y",
    rtsp_listen: true,
  });
});

Deno.test("parseFlags() takes = for a space, and what follows the first = as the value", () => {
  assert.deepEqual(settingsOf("--stream_url=rtsp://h/?a=b&c=--d", "--fps=2.5", "--model_name="), {
    stream_url: "rtsp://h/?a=b&c=--d",
    fps: 2.5,
    model_name: "",
  });
});

Deno.test("parseFlags() takes the last of a flag that is repeated, and all of --sink", () => {
  assert.deepEqual(settingsOf("--fps", "1", "--sink", "a", "--fps", "2", "--sink=b"), {
    fps: 2,
    sink: ["a", "b"],
  });
});

Deno.test("parseFlags() reads numbers and JSON, and leaves other text alone", () => {
  assert.deepEqual(
    settingsOf(
      "--fps",
      ".5",
      "--buffer_size",
      "-3",
      "--model_version",
      "1e3",
      "--use_case_options",
      '{"a":[1]}',
    ),
    { fps: 0.5, buffer_size: -3, model_version: "1e3", use_case_options: { a: [1] } },
  );
});

Deno.test("parseFlags() sorts settings into the stream's and the process's", () => {
  const { user } = parseFlags(["--fps", "1", "--benchmark"]);
  assert.deepEqual(user, { streams: [{ fps: 1 }], process: { benchmark: true } });
});

Deno.test("parseFlags() sees --help and -h wherever they stand", () => {
  assert.equal(parseFlags(["--fps", "1", "--help"]).help, true);
  assert.equal(parseFlags(["-h", "--nonsense"]).help, true);
  assert.equal(parseFlags(["--fps", "1"]).help, false);
});

Deno.test("parseFlags() never throws, whatever the arguments", () => {
  const names = [...Object.keys(streamSettings), ...Object.keys(processSettings)];
  const arg = fc.oneof(
    fc.string(),
    fc.constantFrom(...names, "-", "--", "=", "--=", "--no_fps").map((name) => `--${name}`),
    fc.tuple(fc.constantFrom(...names), fc.string()).map(([name, value]) => `--${name}=${value}`),
    fc.constantFrom("-", "--", "-1", "-h", "-hx", "__proto__", "--__proto__", "--constructor"),
  );
  fc.assert(fc.property(fc.array(arg), (args) => {
    for (const { message } of parseFlags(args).problems) assert.notEqual(message, "");
  }));
});
