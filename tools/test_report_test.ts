import assert from "node:assert/strict";
import { join } from "node:path";
import { readTestReports } from "./test_report.ts";

const mixedSuite = `
Deno.test("good > better", async (t) => {
  await t.step("one", () => new Promise((resolve) => setTimeout(resolve, 200)));
});
Deno.test("bad <x> & \\"y\\"", () => { throw new Error("<skipped/> is only text here"); });
Deno.test({ name: "camera (no camera here)", ignore: true, fn() {} });
Deno.test("bad step", async (t) => { await t.step("inner", () => { throw new Error("no"); }); });
`;

Deno.test("readTestReports() counts what deno test wrote, steps as part of their test", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "mixed_test.ts"), mixedSuite);
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-config", "--no-check", "--junit-path=report.xml", "mixed_test.ts"],
      cwd: folder,
      stdout: "null",
      stderr: "null",
    }).output();
    assert.equal(success, false);
    const reports = readTestReports(await Deno.readTextFile(join(folder, "report.xml")));
    const [seconds] = reports.map((report) => report.seconds);
    assert.ok(seconds! >= 0.2 && seconds! < 60, `${seconds} s`);
    assert.deepEqual(reports, [{
      seconds,
      file: "mixed_test.ts",
      passed: 1,
      failed: [
        'bad <x> & "y": Uncaught Error: <skipped/> is only text here',
        "bad step: 1 test step failed",
      ],
      ignored: ["camera (no camera here)"],
    }]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readTestReports() finds nothing in an empty file", () => {
  assert.deepEqual(readTestReports(""), []);
});
