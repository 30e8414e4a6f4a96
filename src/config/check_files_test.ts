import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkFiles } from "./check_files.ts";
import type { StreamSettings } from "./settings.ts";

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
async function problemsOf(settings: (folder: string) => StreamSettings): Promise<string[]> {
  let lines: string[] = [];
  await withFolder(async (folder) => {
    const problems = await checkFiles(settings(folder));
    lines = problems.map(({ setting, value, message }) =>
      `${setting} ${value}: ${message}`.replaceAll(folder, "DIR")
    );
  });
  return lines;
}

Deno.test("checkFiles() finds nothing wrong with what is there, or comes over the network", async () => {
  const problems = await problemsOf((folder) => ({
    stream_url: join(folder, "there"),
    model_path: join(folder, "there"),
    use_case: "https://plugins.example/x.ts",
    sink: [{ kind: "jsonl", path: join(folder, "new.jsonl") }, {
      kind: "jsonl",
      path: join(folder, "there"),
    }],
  }));
  assert.deepEqual(problems, []);
  assert.deepEqual(await problemsOf(() => ({ stream_url: "rtsp://camera/live" })), []);
});

Deno.test("checkFiles() makes no file while it looks", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "new.jsonl");
    await checkFiles({ sink: [{ kind: "jsonl", path }] });
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  });
});

Deno.test("checkFiles() names each file that does not exist", async () => {
  const problems = await problemsOf((folder) => ({
    stream_url: join(folder, "none.mp4"),
    model_path: join(folder, "none.onnx"),
    use_case: join(folder, "none.ts"),
    tls_ca: join(folder, "ca"),
    tls_cert: join(folder, "cert"),
    tls_key: join(folder, "key"),
    sink: [{ kind: "jsonl", path: join(folder, "none", "x.jsonl") }],
  }));
  assert.deepEqual(problems, [
    "stream_url DIR/none.mp4: does not exist",
    "model_path DIR/none.onnx: does not exist",
    "use_case DIR/none.ts: does not exist",
    "tls_ca DIR/ca: does not exist",
    "tls_cert DIR/cert: does not exist",
    "tls_key DIR/key: does not exist",
    "sink jsonl:DIR/none/x.jsonl: cannot be written: directory DIR/none does not exist",
  ]);
});

Deno.test("checkFiles() looks for the files of a secondary model", async () => {
  const problems = await problemsOf((folder) => ({
    use_case: join(folder, "there"),
    secondary: { model_path: join(folder, "none.onnx"), use_case: join(folder, "none.ts") },
  }));
  assert.deepEqual(problems, [
    'secondary undefined: model_path "DIR/none.onnx": does not exist',
    'secondary undefined: use_case "DIR/none.ts": does not exist',
  ]);
});

Deno.test("checkFiles() tells directories from files", async () => {
  const problems = await problemsOf((folder) => ({
    stream_url: folder,
    model_path: join(folder, "there", "x"),
    sink: [{ kind: "jsonl", path: folder }, { kind: "jsonl", path: join(folder, "there", "x") }],
  }));
  assert.deepEqual(problems, [
    "stream_url DIR: is a directory, must be a file",
    "model_path DIR/there/x: cannot be read: part of the path is a file",
    "sink jsonl:DIR: is a directory, must be a file",
    "sink jsonl:DIR/there/x: cannot be written: part of the path is a file",
  ]);
});

const privileged = Deno.build.os === "windows" || Deno.uid() === 0;
Deno.test({
  name: "checkFiles() names files and folders that this user may not touch" +
    (privileged ? " (ignored: this user may touch everything)" : ""),
  ignore: privileged,
  async fn() {
    const problems = await problemsOf((folder) => ({
      model_path: join(folder, "locked"),
      sink: [{ kind: "jsonl", path: join(folder, "locked_folder", "x") }],
    }));
    assert.deepEqual(problems, [
      "model_path DIR/locked: cannot be read: permission denied",
      "sink jsonl:DIR/locked_folder/x: cannot be written: permission denied",
    ]);
  },
});
