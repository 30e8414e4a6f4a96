import assert from "node:assert/strict";
import { checkTable } from "./check_table.ts";
import { kindList } from "./kinds.ts";
import { path } from "./paths.ts";
import type { Problem } from "./problem.ts";
import { problemLine } from "./problem_line.ts";
import { integer, required, text } from "./setting.ts";

const kinds = [
  { kind: "out", schemes: ["out"], settings: {} },
  {
    kind: "file",
    schemes: ["file"],
    settings: {
      path: required(path("a path", {
        value: "PATH",
        help: "",
        file: (path: string) => ({ path, use: "write" }),
      })),
      keep_days: integer(1, 9, { help: "", default: 7 }),
    },
  },
  {
    kind: "broker",
    schemes: ["broker", "brokers"],
    settings: {
      url: required(text("a URL with a host", { help: "" }, /^\w+:\/\/./)),
      password: text("a word", { help: "", secret: "whole" }, /^\w+$/),
    },
  },
] as const;

const row = kindList(kinds, { help: "" });

function check(...elements: unknown[]) {
  const problems: Problem[] = [];
  const { sink } = checkTable({ sink: row }, { sink: elements }, problems);
  return { sink, lines: problems.map(problemLine), problems };
}

Deno.test("kindList() takes an element as its URL or as a map", () => {
  const { sink, lines } = check(
    "out",
    "file:a:b",
    { out: null },
    { file: { path: "c", keep_days: 2 } },
    "brokers://u:p@h/x",
    { broker: { url: "broker://h", password: "pw" } },
    { url: "brokers://h", password: "pw" },
  );
  assert.deepEqual(lines, []);
  assert.deepEqual(sink, [
    { kind: "out", values: {} },
    { kind: "file", values: { path: "a:b" } },
    { kind: "out", values: {} },
    { kind: "file", values: { path: "c", keep_days: 2 } },
    { kind: "broker", values: { url: "brokers://u:p@h/x" } },
    { kind: "broker", values: { url: "broker://h", password: "pw" } },
    { kind: "broker", values: { url: "brokers://h", password: "pw" } },
  ]);
});

Deno.test("kindList() names each setting of a map that is wrong, and no secret", () => {
  const { lines, problems } = check(
    "out",
    { file: { keep_days: 0, pth: "x" } },
    { broker: { url: "broker://h", password: "two words" } },
  );
  assert.deepEqual(lines, [
    "--sink: file.pth: unknown key, did you mean path?",
    "--sink: file.keep_days 0: must be a whole number from 1 to 9",
    "--sink: file.path: missing, must be a path",
    "--sink: broker.password: must be a word",
  ]);
  assert.deepEqual(problems.map(({ element }) => element), [1, 1, 1, 2]);
});

Deno.test("kindList() refuses what is of no kind", () => {
  const allowed = "out, file:PATH or broker://…";
  const { sink, lines } = check(1, "mqtt://h", "out:x", "file:", "broker:", {}, {
    out: {},
    file: {},
  });
  assert.deepEqual(sink, []);
  assert.deepEqual(lines, [
    `--sink 1: must be ${allowed}`,
    `--sink mqtt://h: must be ${allowed}`,
    `--sink out:x: must be ${allowed}`,
    `--sink file:: names no file, must be ${allowed}`,
    "--sink broker:: must be a URL with a host",
    `--sink: must be ${allowed}, or a map of one of them`,
    `--sink: must be ${allowed}, or a map of one of them`,
  ]);
});

Deno.test("kindList() sees files from the directory, and leaves other elements", () => {
  const seen = (element: unknown) => row.rebase!(element, "/etc");
  assert.equal(seen("file:out/a:b"), "file:/etc/out/a:b");
  assert.equal(seen("out"), "out");
  assert.equal(seen("file:"), "file:");
  assert.equal(seen("brokers://h/x"), "brokers://h/x");
  assert.deepEqual(seen({ file: { path: "x", keep_days: 1 } }), {
    file: { path: "/etc/x", keep_days: 1 },
  });
  assert.deepEqual(seen({ file: { path: 5 } }), { file: { path: 5 } });
});
