import assert from "node:assert/strict";
import { checkTable } from "./check_table.ts";
import {
  allowedOf,
  type Element,
  kindList,
  kindOf,
  nested,
  secretsIn,
  textOf,
  withSetting,
} from "./kinds.ts";
import { path, rebasePath } from "./paths.ts";
import type { Problem } from "./problem.ts";
import { problemLine } from "./problem_line.ts";
import { integer, json, parsedList, required, text } from "./setting.ts";

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
    `--sink: must be ${allowed}, or a map of one of them, such as {file: {path: PATH}}`,
    `--sink: must be ${allowed}, or a map of one of them, such as {file: {path: PATH}}`,
  ]);
});

Deno.test("kindList() sees files from the directory, and leaves other elements", () => {
  const seen = (element: unknown) => row.rebase!(element, "/etc");
  assert.equal(seen("file:out/a:b"), "file:/etc/out/a:b");
  for (const same of ["out", "nope:x", 7]) assert.equal(seen(same), same);
  assert.equal(seen("file:"), "file:");
  assert.equal(seen("brokers://h/x"), "brokers://h/x");
  assert.deepEqual(seen({ file: { path: "x", keep_days: 1 } }), {
    file: { path: "/etc/x", keep_days: 1 },
  });
  assert.deepEqual(seen({ file: { path: 5 } }), { file: { path: 5 } });
});

Deno.test("kindList() says what is missing of an element, and shows no map", () => {
  const allowed = "out, file:PATH or broker://…";
  const noUrl = [
    {
      kind: "net",
      schemes: ["net"],
      settings: { host: required(text("a host", { help: "", value: "HOST" })) },
    },
  ] as const;
  const problems: Problem[] = [];
  const net = kindList(noUrl, { help: "" });
  assert.equal(net.check!("sink", "net:", problems), null);
  const out = kindList(kinds.slice(0, 1), { help: "" });
  const bare: Problem[] = [];
  assert.equal(out.check!("sink", {}, bare), null);
  assert.deepEqual(bare.map(problemLine), ["--sink: must be out, or a map of one of them"]);
  assert.deepEqual(problems.map(problemLine), ["--sink net:: names no place, must be net:HOST"]);
  assert.deepEqual(
    check(null, ["out"], { url: 7 }, { nope: {} }, { out: [] }, { file: "pw" }, {
      broker: "broker://h",
    }, { flie: { path: "pw" } }).lines,
    [
      `--sink: has no value, must be ${allowed}`,
      ...Array(3).fill(
        `--sink: must be ${allowed}, or a map of one of them, such as {file: {path: PATH}}`,
      ),
      "--sink: must look like {out: {}}, or be out",
      "--sink: must look like {file: {path: PATH}}, or be file:PATH",
      "--sink: must look like {broker: {url: broker://…}}, or be broker://…",
      `--sink: must be ${allowed}, or a map of one of them, did you mean {file: {path: PATH}}?`,
    ],
  );
});

Deno.test("kindList() takes one value for a list, and asks an element as a whole only when its parts are right", () => {
  const asked: unknown[] = [];
  const list = kindList([{
    kind: "many",
    schemes: ["many"],
    settings: {
      url: required(text("a URL", { help: "" }, /^many:./)),
      words: parsedList("words", (word) => word, { help: "" }),
      days: integer(1, 9, { help: "" }),
    },
    check: (values) => {
      asked.push(values);
      return values["days"] === 7 ? "has too many days" : null;
    },
  }], { help: "" });
  const problems: Problem[] = [];
  const checked = (element: unknown) => list.check!("sink", element, problems);
  const url = "many:x";
  assert.deepEqual(checked({ many: { url, words: "a" } }), {
    kind: "many",
    values: { url, words: ["a"] },
  });
  assert.deepEqual((checked({ many: { url, words: ["a", "b"] } }) as Element).values["words"], [
    ...["a", "b"],
  ]);
  assert.deepEqual(problems, []);
  assert.equal(checked({ many: { url, days: 0 } }), null);
  assert.equal(checked({ many: { url, days: 7 } }), null);
  assert.deepEqual(problems.map(problemLine), [
    "--sink: many.days 0: must be a whole number from 1 to 9",
    "--sink: many.url many:x: has too many days",
  ]);
  assert.equal(asked.length, 3);
  assert.equal(checked({ many: { url, words: null } }), null);
  assert.equal(problemLine(problems[2]!), "--sink: many.words: has no value, must be words");
});

Deno.test("textOf() and allowedOf() write elements as their URLs say them", () => {
  assert.equal(textOf(kinds, { kind: "out", values: {} }), "out");
  assert.equal(textOf(kinds, { kind: "file", values: { path: "a:b" } }), "file:a:b");
  assert.equal(textOf(kinds, { kind: "broker", values: { url: "brokers://h" } }), "brokers://h");
  assert.equal(allowedOf(kinds.slice(0, 1)), "out");
  assert.equal(allowedOf(kinds.slice(0, 2)), "out or file:PATH");
  assert.equal(kindOf(kinds, "file")?.kind, "file");
  assert.equal(kindOf(kinds, "toString"), null);
});

const block = nested(
  {
    path: path("a path", { help: "" }),
    paths: { ...parsedList("paths", (text) => text, { help: "" }), rebase: rebasePath },
    fps: integer(1, 9, { help: "" }),
    model: { ...path("a path", { help: "" }), isReference: (value: unknown) => value === "that" },
  },
  { help: "" },
  (right, given) => {
    return right.fps === 7 && "path" in given
      ? [{ setting: "fps", message: "too many for a path" }]
      : [];
  },
);

Deno.test("nested() checks each setting of a map, and those that do not go together", () => {
  const told = (given: unknown) => {
    const problems: Problem[] = [];
    const right = block.check!("secondary", given, problems);
    return [right, ...problems.map(problemLine)];
  };
  for (const wrong of [null, [], "x", 7]) {
    assert.deepEqual(told(wrong), [null, "--secondary: must be a block of settings"]);
  }
  assert.deepEqual(told({ path: "a", fps: 3 }), [{ path: "a", fps: 3 }]);
  const [right, ...lines] = told({ path: "a", fps: 7, ppath: "b" });
  assert.deepEqual(right, { path: "a", fps: 7 });
  assert.equal(lines.length, 2);
  assert.ok(lines.includes("--secondary: fps: too many for a path"), lines.join());
});

Deno.test("nested() sees paths from the directory, also in lists, and leaves what is none", () => {
  const given = { path: "a", paths: ["b", "/c"], fps: 3, model: "that", other: "d" };
  assert.deepEqual(block.rebase!(given, "/etc"), {
    ...given,
    path: "/etc/a",
    paths: ["/etc/b", "/c"],
  });
  assert.deepEqual(block.rebase!({ model: "m", toString: "x" }, "/etc"), {
    model: "/etc/m",
    toString: "x",
  });
  for (const none of [null, "a", ["a"]]) assert.deepEqual(block.rebase!(none, "/etc"), none);
});

Deno.test("kindList() names the setting of a map with a URL that is wrong, as of any map", () => {
  assert.deepEqual(check({ url: "broker://h", password: "two words" }).lines, [
    "--sink: broker.password: must be a word",
  ]);
});

Deno.test("withSetting() adds to an element what its kind has and nobody said", () => {
  const withDays = (element: unknown) => withSetting(kinds, element, "keep_days", 3);
  assert.deepEqual(withDays("file:a:b"), { file: { path: "a:b", keep_days: 3 } });
  assert.deepEqual(withDays({ file: { path: "c" } }), { file: { path: "c", keep_days: 3 } });
  for (const same of [{ file: { keep_days: 2 } }, "out", { out: null }, "nope", 7, null, {}]) {
    assert.equal(withDays(same), same);
  }
  assert.deepEqual(withSetting(kinds, { url: "broker://h" }, "password", "pw"), {
    broker: { url: "broker://h", password: "pw" },
  });
});

Deno.test("secretsIn() finds what its rows call a secret, and in JSON what its names do", () => {
  const url = text("a URL", { help: "", secret: "url" });
  const several = kindList([
    ...kinds,
    { kind: "secret", schemes: ["secret"], settings: { url, key: text("a key", { help: "" }) } },
  ], { help: "" });
  const table = {
    url,
    plain: text("a word", { help: "" }),
    whole: text("a word", { help: "", secret: "whole" }),
    options: json({ help: "" }),
    number: { ...integer(1, 9, { help: "" }), secret: "url" as const },
    block: nested({ url, several }, { help: "" }, () => []),
    several,
    ...{ absent: url, noBlock: nested({ url }, { help: "" }, () => []), none: several },
  };
  const elements = [
    { kind: "out", values: {} },
    { kind: "secret", values: { url: "secret://b", key: "k" } },
    { kind: "broker", values: { url: "broker://c" } },
  ];
  assert.deepEqual(
    secretsIn(table, {
      ...{ url: "a://u:p@h", plain: "b://u:p@h", whole: "c", number: 5, none: null },
      options: {
        label: "car1",
        sort_key: "first_seen",
        api_key: "k-9",
        headers: { "X-Site": "s17" },
        list: [{ token: "t 1" }],
      },
      block: { url: "secret://d", several: elements },
      several: elements,
    }),
    {
      urls: ["a://u:p@h", "secret://d", "secret://b", "secret://b"],
      words: ["c", "k-9", "s17", "t 1"],
    },
  );
});
