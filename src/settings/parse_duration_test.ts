import { equal, throws } from "node:assert/strict";
import { parseDuration } from "./parse_duration.ts";
import { SettingError } from "./setting.ts";

Deno.test("parseDuration() takes seconds, or a number with its unit, in whole milliseconds", () => {
  const cases = {
    ...{ "10": 10_000, "1.5": 1500, ".5": 500, "1.5s": 1500, "500ms": 500, " 2m ": 120_000 },
    ...{ "1 h": 3_600_000, "720h": 2_592_000_000, "1ms": 1, "0.5ms": 1, "1.4ms": 1 },
  };
  for (const [text, ms] of Object.entries(cases)) equal(parseDuration(text), ms, text);
});

Deno.test("parseDuration() refuses what is no time, none, or more than 30 days", () => {
  const none = ["", "0", "0.4ms", "-1", "1d", "1.", "x", "1e3", "1m 2s", "720.1h", "2592000.1"];
  for (const text of none) throws(() => parseDuration(text), SettingError, text);
});
