import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkFiles } from "../settings/check_files.ts";
import { kindList } from "../settings/kinds.ts";
import { path } from "../settings/paths.ts";
import { problemLine } from "../settings/problem_line.ts";
import { text, type ValuesOf } from "../settings/setting.ts";
import type { StreamValues } from "../stream/settings.ts";
import { checkStreamFiles } from "./resolve_config.ts";

const jsonl = (path: string) => ({ kind: "jsonl", values: { path } });

/** A folder with a file `there`, and one `locked` file and folder that only root may touch. */
async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-"));
  try {
    await writeFile(join(folder, "there"), "");
    await writeFile(join(folder, "locked"), "", { mode: 0 });
    await mkdir(join(folder, "locked_folder"));
    await chmod(join(folder, "locked_folder"), 0o500);
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Problems as `setting: message`; `DIR` stands for the folder. */
async function problemsOf(settings: (folder: string) => StreamValues): Promise<string[]> {
  let lines: string[] = [];
  await withFolder(async (folder) => {
    const problems = await checkStreamFiles([settings(folder)]);
    lines = problems.map(({ setting, within = [], value, message }) =>
      `${[setting, ...within].join(".")} ${value}: ${message}`.replaceAll(folder, "DIR")
    );
  });
  return lines;
}

Deno.test("checkStreamFiles() finds nothing wrong with what is there, or comes over the network", async () => {
  const problems = await problemsOf((folder) => ({
    stream_url: join(folder, "there"),
    model_path: join(folder, "there"),
    use_case: "https://plugins.example/x.ts",
    sink: [jsonl(join(folder, "new.jsonl")), jsonl(join(folder, "there"))],
  }));
  assert.deepEqual(problems, []);
  assert.deepEqual(await problemsOf(() => ({ stream_url: "rtsp://camera/live" })), []);
});

Deno.test("checkStreamFiles() makes no file while it looks", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "new.jsonl");
    await checkStreamFiles([{ sink: [jsonl(path)] }]);
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  });
});

Deno.test("checkStreamFiles() names each file that does not exist", async () => {
  const problems = await problemsOf((folder) => ({
    stream_url: join(folder, "none.mp4"),
    model_path: join(folder, "none.onnx"),
    use_case: join(folder, "none.ts"),
    tls_ca: join(folder, "ca"),
    tls_cert: join(folder, "cert"),
    tls_key: join(folder, "key"),
    sink: [jsonl(join(folder, "none", "x.jsonl"))],
  }));
  assert.deepEqual(problems, [
    "stream_url DIR/none.mp4: does not exist",
    "sink jsonl:DIR/none/x.jsonl: cannot be written: directory DIR/none does not exist",
    "model_path DIR/none.onnx: does not exist",
    "tls_ca DIR/ca: does not exist",
    "tls_cert DIR/cert: does not exist",
    "tls_key DIR/key: does not exist",
    "use_case DIR/none.ts: does not exist",
  ]);
});

Deno.test("checkStreamFiles() looks for the files of a secondary model", async () => {
  const problems = await problemsOf((folder) => ({
    use_case: join(folder, "there"),
    secondary: { model_path: join(folder, "none.onnx"), use_case: join(folder, "none.ts") },
  }));
  assert.deepEqual(problems, [
    "secondary.model_path DIR/none.onnx: does not exist",
    "secondary.use_case DIR/none.ts: does not exist",
  ]);
});

Deno.test("checkStreamFiles() tells directories from files", async () => {
  const problems = await problemsOf((folder) => ({
    stream_url: folder,
    model_path: join(folder, "there", "x"),
    sink: [jsonl(folder), jsonl(join(folder, "there", "x"))],
  }));
  assert.deepEqual(problems, [
    "stream_url DIR: is a directory, must be a file",
    "sink jsonl:DIR: is a directory, must be a file",
    "sink jsonl:DIR/there/x: cannot be written: part of the path is a file",
    "model_path DIR/there/x: cannot be read: part of the path is a file",
  ]);
});

Deno.test("checkFiles() says how to get a file that does not exist, and what is wrong with the text of one", async () => {
  const row = (use: "read" | "write") =>
    path("a path", {
      help: "",
      file: (path: string) => ({
        path,
        use,
        hint: "; make one",
        whyWrong: (text) => text === "" ? "is empty" : null,
      }),
    });
  const pair = kindList([{
    kind: "pair",
    schemes: ["pair"],
    settings: { first: row("read"), second: row("read") },
  }], { help: "" });
  const table = {
    read: row("read"),
    write: row("write"),
    word: text("a word", { help: "" }),
    pair,
  };
  await withFolder(async (folder) => {
    const said = async (values: ValuesOf<typeof table>) =>
      (await checkFiles(table, values)).map((problem) =>
        problemLine(problem).replaceAll(folder, "DIR")
      );
    const [none, there, full] = ["none", "there", "full"].map((name) => join(folder, name));
    await writeFile(full!, "text");
    assert.deepEqual(await said({ read: none!, word: "there" }), [
      "--read DIR/none: does not exist; make one",
    ]);
    assert.deepEqual(await said({ read: folder }), ["--read DIR: is a directory, must be a file"]);
    assert.deepEqual(await said({ read: full!, write: none! }), []);
    assert.deepEqual(await said({ read: there!, write: there! }), ["--read DIR/there: is empty"]);
    // What is no file is not read to find out: it may have no end.
    assert.deepEqual(await said({ read: "/dev/null" }), []);
    const elements = [[full, full], [none, full], [full, none]].map(([first, second]) => (
      { kind: "pair", values: { first, second } }
    ));
    const problems = await checkFiles(table, { pair: elements } as never);
    assert.deepEqual(problems.map(({ element }) => element), [1, 2]);
    assert.deepEqual(problems.map((problem) => problemLine(problem).replaceAll(folder, "DIR")), [
      "--pair pair:DIR/none: does not exist; make one",
      "--pair: pair.second DIR/none: does not exist; make one",
    ]);
  });
});

const privileged = Deno.build.os === "windows" || Deno.uid() === 0;
Deno.test({
  name: "checkStreamFiles() names files and folders that this user may not touch" +
    (privileged ? " (ignored: this user may touch everything)" : ""),
  ignore: privileged,
  async fn() {
    const problems = await problemsOf((folder) => ({
      model_path: join(folder, "locked"),
      sink: [jsonl(join(folder, "locked_folder", "x"))],
    }));
    assert.deepEqual(problems, [
      "sink jsonl:DIR/locked_folder/x: cannot be written: permission denied",
      "model_path DIR/locked: cannot be read: permission denied",
    ]);
  },
});
