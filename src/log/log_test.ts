import assert from "node:assert/strict";
import { resetSync } from "@logtape/logtape";
import type { Redact } from "./format.ts";
import { currentLog, type LogConfig, startLog } from "./log.ts";

/** The lines that reach stderr for the given settings, without their times. */
async function linesOf(
  config: LogConfig,
  say: (log: ReturnType<typeof startLog>) => void,
  mask?: Redact,
): Promise<string[]> {
  let text = "";
  const to = {
    write(bytes: Uint8Array) {
      text += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.length);
    },
  };
  const log = startLog(config, mask, to);
  try {
    say(log);
    await log.flush();
  } finally {
    resetSync();
  }
  return text.split("\n").slice(0, -1).map((line) => line.replace(/^[\d :,-]+ - /, ""));
}

const levels: { level: LogConfig["level"]; shown: string[] }[] = [
  { level: "DEBUG", shown: ["DEBUG", "INFO", "WARNING", "ERROR"] },
  { level: "INFO", shown: ["INFO", "WARNING", "ERROR"] },
  { level: "WARNING", shown: ["WARNING", "ERROR"] },
  { level: "ERROR", shown: ["ERROR"] },
];

for (const { level, shown } of levels) {
  Deno.test(`startLog() at ${level} shows ${shown.join(", ")}`, async () => {
    const lines = await linesOf({ level, format: "text" }, ({ logger }) => {
      const child = logger.getChild("part");
      child.debug("m");
      child.info("m");
      child.warn("m");
      child.error("m");
    });
    assert.deepEqual(lines, shown.map((name) => `part - ${name} - m`));
  });
}

Deno.test("startLog() in json writes one object a line", async () => {
  const lines = await linesOf({ level: "INFO", format: "json" }, ({ logger }) => {
    logger.getChild("part").info("{count} frames", { count: 3 });
  });
  const { time: _, ...rest } = JSON.parse(lines[0]!);
  assert.deepEqual(rest, { level: "INFO", logger: "part", message: "3 frames", count: 3 });
});

for (const format of ["text", "json"] as const) {
  Deno.test(`startLog() masks messages and properties in ${format}`, async () => {
    const mask = (text: string) => text.replaceAll('se"cret', "***");
    const lines = await linesOf({ level: "INFO", format }, ({ logger }) => {
      logger.info("Cannot open {url}", { url: 'rtsp://u:se"cret@h', nested: { url: 'se"cret' } });
    }, mask);
    assert.match(lines[0]!, /Cannot open rtsp:\/\/u:\*\*\*@h/);
    assert.doesNotMatch(lines[0]!, /cret/);
  });
}

Deno.test("startLog() keeps the last five hundred lines, and of each two thousand characters", async () => {
  await linesOf({ level: "INFO", format: "text" }, (log) => {
    const said = (length: number) => {
      log.logger.info("x".repeat(length));
      return log.recent().at(-1)!;
    };
    const around = said(0).length;
    assert.equal(said(2000 - around), log.recent()[1]);
    assert.match(log.recent()[1]!, /INFO - x+$/);
    assert.equal(log.recent()[1]!.length, 2000);
    const long = said(2001 - around);
    assert.match(long, /x…\n$/);
    assert.equal(long.length, 2002);
    for (let count = 3; count < 500; count++) log.logger.info("line {count}", { count });
    assert.equal(log.recent().length, 500);
    assert.match(log.recent()[0]!, /INFO - $/);
    log.logger.info("one more");
    assert.equal(log.recent().length, 500);
    assert.equal(log.recent()[1], long);
  });
});

Deno.test("startLog() called again replaces the former settings, also for currentLog()", async () => {
  const lines = await linesOf({ level: "ERROR", format: "text" }, (former) => {
    assert.equal(currentLog(), former);
    const log = startLog({ level: "INFO", format: "text" }, undefined, {
      write: (bytes) => Promise.resolve(bytes.length),
    });
    assert.equal(currentLog(), log);
    log.logger.error("to the new one");
    assert.match(log.recent()[0]!, /to the new one$/);
  });
  assert.deepEqual(lines, []);
});
