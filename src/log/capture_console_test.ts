// deno-lint-ignore-file no-console
import assert from "node:assert/strict";
import { configureSync, getLogger, type LogRecord, resetSync } from "@logtape/logtape";
import { captureConsole } from "./capture_console.ts";
import { formatText } from "./format.ts";

Deno.test("captureConsole() turns what is printed into lines of the log, one each", () => {
  const records: LogRecord[] = [];
  configureSync({
    reset: true,
    sinks: { list: (record) => records.push(record) },
    loggers: [
      { category: "test", sinks: ["list"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
  try {
    using _captured = captureConsole(getLogger("test"));
    console.log("%s boxes", 3, { a: 1 });
    console.warn("two\nlines {braces}");
    console.error(new Error("bad").message);
    console.debug("detail");
    console.table([1]);
    console.assert(1 > 0, "not said");
    console.assert(1 < 0, "said");
  } finally {
    resetSync();
  }
  assert.deepEqual(records.map((record) => formatText(record).replace(/^[\d :,-]+ - /, "")), [
    "test - INFO - 3 boxes { a: 1 }",
    "test - WARNING - two\\nlines {braces}",
    "test - ERROR - bad",
    "test - DEBUG - detail",
    "test - INFO - [ 1 ]",
    "test - ERROR - Assertion failed: said",
  ]);
});

Deno.test("captureConsole() gives the console back when it is disposed of", () => {
  const before = { ...console };
  captureConsole(getLogger("test"))[Symbol.dispose]();
  assert.deepEqual({ ...console }, before);
});
