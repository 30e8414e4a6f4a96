import assert from "node:assert/strict";
import { asFlag, sentence } from "../settings/problem_line.ts";
import { isName, useCaseConfig, useCaseNotices, useCaseSettings } from "./settings.ts";

Deno.test("allow_plugin sees paths that are read and written from the directory, and nothing else", () => {
  assert.equal(
    useCaseSettings.allow_plugin.rebase!(
      "net=a,b:80,read=./zones.json,/x,write=*,env=HOME",
      "/etc",
    ),
    "net=a,b:80,read=/etc/zones.json,/x,write=*,env=HOME",
  );
});

Deno.test("useCaseConfig() finds plugins that ship by their names, and confines all others", () => {
  const shipped = useCaseConfig({ use_case: "motion" }, false);
  assert.match(shipped.module, /^file:.*\/plugins\/motion\.ts$/);
  const { module, isolation, sharing, timeoutMs, memoryMb, watch, cacheDir } = shipped;
  assert.deepEqual([isolation, sharing, timeoutMs, memoryMb, watch, cacheDir], [
    ...["worker", "plugin", 1000, 512, false, null],
  ]);
  assert.equal(useCaseConfig({}, true).module, module);
  assert.match(useCaseConfig({}, false).module, /person_vehicle_bike\.ts$/);
  const own = useCaseConfig({ use_case: "./mine.ts", watch: true }, true);
  assert.deepEqual([own.module, own.isolation, own.watch], ["./mine.ts", "process", true]);
  assert.equal(
    useCaseConfig({ use_case: "./a.ts", isolation: "worker" }, false).isolation,
    "worker",
  );
  assert.equal(
    useCaseConfig({ use_case: "motion", isolation: "process" }, false).isolation,
    "process",
  );
  assert.equal(useCaseConfig({ use_case: "https://h/a.ts", watch: true }, false).watch, false);
});

Deno.test("useCaseNotices() says when a plugin cannot be watched", () => {
  const notice = ["--watch has no effect with a plugin that is given by its URL"];
  const told = useCaseNotices({ watch: true, use_case: "https://h/a.ts" });
  assert.deepEqual(told.map((phrase) => sentence(phrase, asFlag)), notice);
  for (const values of [{}, { watch: true }, { use_case: "https://h/a.ts" }]) {
    assert.deepEqual(useCaseNotices(values), []);
  }
  assert.deepEqual(useCaseNotices({ watch: true, use_case: "./a.ts" }), []);
});

Deno.test("use_case is a name, a path or a URL, and a name that is none is told what was meant", () => {
  const row = useCaseSettings.use_case;
  const read = (text: unknown) => row.schema.safeParse(text);
  for (const right of ["motion", "./a.ts", "https://h/a.ts"]) {
    assert.equal(read(right).data, right);
  }
  for (const wrong of ["https://", "gopher://h", "a\n", ""]) {
    assert.equal(read(wrong).success, false);
  }
  const names = ["motion", "a.ts", "a/b", "a\\b", "c:", 7].map(isName);
  assert.deepEqual(names, [true, false, false, false, false, false]);
  assert.equal(row.rebase!("motion", "/etc"), "motion");
  assert.equal(row.rebase!("mine", "/etc"), "/etc/mine");
  const file = row.file as (path: string) => { readonly hint: string } | null;
  assert.deepEqual([file("motion"), file("https://h/a.ts")], [null, null]);
  assert.equal(file("/etc/moton")?.hint, ", did you mean motion?");
  assert.match(file("/etc/nothing_like_it")!.hint, /^, plugins that ship are .*motion/);
  assert.equal(file("/etc/a.ts")?.hint, "");
});

Deno.test("allow_plugin leaves what is no text, and empty places", () => {
  const rebase = useCaseSettings.allow_plugin.rebase!;
  assert.equal(rebase(7, "/etc"), 7);
  assert.equal(rebase("read=,write=a,net=b", "/etc"), "read=,write=/etc/a,net=b");
});
