import assert from "node:assert/strict";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { poll } from "../../tests/support/poll.ts";
import { withFiles } from "../../tests/support/with_files.ts";
import { ConfigWatch } from "./config_watch.ts";
import type { ResolvedConfig } from "./resolve_config.ts";

/** Watches a file whose text stands for the configuration; `wrong` stands for a wrong one. */
async function watching(
  file: string,
  use: (next: () => Promise<string>, loads: () => number) => Promise<void>,
  read?: string,
): Promise<void> {
  let loads = 0;
  await using watch = await ConfigWatch.open(
    { files: [file], texts: [read ?? await Deno.readTextFile(file)] },
    async () => {
      loads++;
      const text = await Deno.readTextFile(file).catch(() => "wrong");
      const config = text === "wrong" ? null : text as unknown as ResolvedConfig;
      const lines = config === null ? ["it is wrong"] : [];
      return { config, lines, notices: [], files: [file], texts: [text] };
    },
    getLogger(["test"]),
  );
  const changes = watch[Symbol.asyncIterator]();
  await use(async function next() {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error("no change was seen")), 20_000);
    try {
      return String((await Promise.race([changes.next(), late.promise])).value);
    } finally {
      clearTimeout(timer);
    }
  }, () => loads);
}

async function rename(file: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${file}.new`, text);
  await Deno.rename(`${file}.new`, file);
}

Deno.test("ConfigWatch gives what was written in place, and what was renamed into place", async () => {
  await withFiles({ "s.yaml": "1" }, async (directory) => {
    const file = join(directory, "s.yaml");
    await watching(file, async (next) => {
      await Deno.writeTextFile(file, "2");
      assert.equal(await next(), "2");
      await rename(file, "3");
      assert.equal(await next(), "3");
      // Moved away first, as some editors do.
      await Deno.rename(file, `${file}~`);
      await Deno.writeTextFile(file, "4");
      assert.equal(await next(), "4");
    });
  });
});

Deno.test("ConfigWatch gives what was saved after it was read and before the watch began", async () => {
  await withFiles({ "s.yaml": "2" }, async (directory) => {
    await watching(join(directory, "s.yaml"), async (next, loads) => {
      assert.equal(await next(), "2");
      assert.equal(loads(), 1);
    }, "1");
  });
});

Deno.test("ConfigWatch passes over a wrong one, what only was touched, and neighbours", async () => {
  await withFiles({ "s.yaml": "1" }, async (directory) => {
    const file = join(directory, "s.yaml");
    await watching(file, async (next, loads) => {
      await Deno.writeTextFile(join(directory, "records.jsonl"), "x");
      const changed = next();
      await rename(file, "1");
      // That nothing follows sends no event: this is long enough for it to be looked at.
      await new Promise((resolve) => setTimeout(resolve, 400));
      assert.equal(loads(), 0);
      await rename(file, "wrong");
      await poll("the wrong one is read", () => loads() > 0, 20_000);
      await rename(file, "2");
      assert.equal(await changed, "2");
      assert.equal(loads(), 2);
    });
  });
});

Deno.test("ConfigWatch sees Kubernetes exchange the link to a ConfigMap", async () => {
  await withFiles({ "..1/s.yaml": "1", "..2/s.yaml": "2" }, async (directory) => {
    await Deno.symlink("..1", join(directory, "..data"));
    await Deno.symlink("..data/s.yaml", join(directory, "s.yaml"));
    await watching(join(directory, "s.yaml"), async (next) => {
      await Deno.symlink("..2", join(directory, "..data_tmp"));
      await Deno.rename(join(directory, "..data_tmp"), join(directory, "..data"));
      assert.equal(await next(), "2");
    });
  });
});

Deno.test("ConfigWatch ends a wait for a change when it is disposed of", async () => {
  await withFiles({ "s.yaml": "1" }, async (directory) => {
    let waiting: Promise<string> | undefined;
    await watching(join(directory, "s.yaml"), async (next) => {
      waiting = next();
      await Promise.resolve();
    });
    assert.equal(await waiting, "undefined");
  });
});
