/** Plugins that reach for what they were not given; the table is in docs/security.md. */

import assert from "node:assert/strict";
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { attempts as byDefault } from "./hostile/node_default.js";
import { attempts as byName } from "./hostile/node_named.js";
import { refused } from "./hostile/reach.js";
import { attempts as within, harmless } from "./hostile/within.js";
import { collectLog } from "./support/log_lines.ts";
import {
  isolations,
  type OpenPlugin,
  smallFrame,
  withPlugin,
  withPluginFile,
  withUncheckedPlugin,
} from "./support/with_plugin.ts";

const path = (name: string) => fileURLToPath(new URL(`hostile/${name}.js`, import.meta.url));
const secret = new URL("../deno.json", import.meta.url).href;
const victim = "/tmp/sightline-escape-victim";

/** Has the plugin try everything, the frames' sequences naming the attempts. */
async function tryAll(
  t: Deno.TestContext,
  open: OpenPlugin,
  attempts: object,
  check: (outcome: Promise<unknown>) => Promise<void>,
): Promise<void> {
  const stolen: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      stolen.push(request.url);
      return new Response("export default 'remote'; self.postMessage?.('remote')", {
        headers: { "content-type": "text/javascript" },
      });
    },
  );
  const options = { port: (server.addr as Deno.NetAddr).port, secret };
  const start = () => open(options, { timeoutMs: 2000, memoryMb: 256 });
  let host = await start();
  async function attack(sequence: number): Promise<unknown> {
    const { data: _pixels, ...info } = smallFrame(sequence);
    try {
      return (await host.postprocess({}, info)).data;
    } catch (error) {
      // What an attempt left behind ended it after it had answered.
      if (!/is about to start again/.test((error as Error).message)) throw error;
      await host[Symbol.asyncDispose]();
      host = await start();
      return await attack(sequence);
    }
  }
  for (const [sequence, attempt] of Object.keys(attempts).entries()) {
    await t.step(attempt, () => check(attack(sequence)));
  }
  assert.deepEqual(stolen, []);
  for (const name of ["sightline-escape", "sightline-escape.db"]) {
    await assert.rejects(Deno.stat(`/tmp/${name}`), Deno.errors.NotFound);
  }
}

/** By a permission of Deno's, by the kernel, or by the end of its process. */
const isRefusal =
  /Requires|requires unscoped|is denied|Permission denied|EPERM|specifiers were requested|not a function|was not specified|max 0|Use case \w+ (asked|took|ended|was ended|wrote)/;

for (const isolation of isolations) {
  Deno.test(`hostile, ${isolation}: nothing is in reach that was not granted`, (t) =>
    withPluginFile(
      isolation,
      path("reach"),
      (open) => tryAll(t, open, refused, (outcome) => assert.rejects(outcome, isRefusal)),
    ));
}

for (const [kind, attempts] of [["default", byDefault], ["named", byName]] as const) {
  Deno.test(`hostile, process: modules of Node reach nothing, by ${kind} imports`, async (t) => {
    await Deno.mkdir(victim, { recursive: true });
    try {
      await withUncheckedPlugin(
        path(`node_${kind}`),
        (open) => tryAll(t, open, attempts, (outcome) => assert.rejects(outcome, isRefusal)),
      );
      assert((await Deno.stat(victim)).isDirectory);
    } finally {
      await Deno.remove(victim);
    }
  });
}

Deno.test("hostile, process: what needs no permission stays within its own process", (t) =>
  withPluginFile("process", path("within"), (open) =>
    tryAll(t, open, within, async (outcome) => {
      const got = await outcome.then((data) => (data as { got: string }).got, () => null);
      if (got !== null) assert(harmless.includes(got), got);
    })));

for (const flood of ["floodOfLines", "endlessError"]) {
  Deno.test(`hostile, process: ${flood} past the guest fills no log`, async () => {
    using log = collectLog("plugin");
    const { logger, levelled: lines } = log;
    await withPluginFile("process", path("within"), async (open) => {
      const host = await open(undefined, { timeoutMs: 1500 }, logger);
      const { data: _pixels, ...info } = smallFrame(Object.keys(within).indexOf(flood));
      await assert.rejects(
        async () => await host.postprocess({}, info),
        /broke the protocol: it sent \d+ messages within a second|took longer than 1500 ms/,
      );
    });
    assert(lines.length > 10 && lines.length < 150, `${lines.length} lines`);
  });
}

const rest = "export default () => ({ postprocess: () => ({}) });";

Deno.test("hostile: each module of Node that does more than compute is refused before it runs", async () => {
  const computing =
    /^(assert|assert\/strict|buffer|events|path|path\/posix|path\/win32|punycode|querystring|string_decoder|timers|timers\/promises|url|util|util\/types)$/;
  const names = builtinModules.map((name) => name.replace(/^node:/, ""));
  for (const name of names.filter((name) => !computing.test(name))) {
    const ways = [
      `import it from "node:${name}";`,
      `import { it } from "node:${name}";`,
      `import * as it from "node:${name}";`,
      `import "node:${name}";`,
      `export * from "node:${name}";`,
      `export { it } from "node:${name}";`,
      `const it = () => import("node:${name}");`,
      `import { it } from "NODE:${name}";`,
      `import { it } from "${name}";`,
    ];
    for (const way of ways) {
      await withPlugin(
        "process",
        `${way} ${rest}`,
        (open) =>
          assert.rejects(
            open(),
            /it imports ".*", allowed are files, @sightline\/sightline and, of n/,
          ),
      );
    }
  }
  const loaders = [
    `const fs = process.getBuiltinModule("node:fs");`,
    `const fs = globalThis["process"]["getBuiltinModule"]("node:fs");`,
    "const fs = process[`getBuiltinModule`]('fs');",
    `const { getBuiltinModule: get } = globalThis.process;`,
    `const require = globalThis.createRequire?.("/");`,
  ];
  for (const way of loaders) {
    await withPlugin(
      "process",
      `${way} ${rest}`,
      (open) =>
        assert.rejects(open(), /it names (getBuiltinModule|createRequire), which loads modules/),
    );
  }
});

for (const isolation of isolations) {
  Deno.test(`hostile, ${isolation}: what is imported beforehand is looked at beforehand`, async () => {
    const cases: [string, RegExp][] = [
      [`import "http://127.0.0.1:9/code.js"; ${rest}`, /imports "http:.*allowed are files/],
      [`import "data:text/javascript,1"; ${rest}`, /imports "data:text/],
      [`import "blob:null/1"; ${rest}`, /imports "blob:null/],
      [`import "npm:left-pad"; ${rest}`, /imports "npm:left-pad"/],
      [`export * from "jsr:@std/fs"; ${rest}`, /imports "jsr:@std\/fs"/],
      [`import s from "${secret}" with { type: "json" }; ${rest}`, /lies outside of its folder/],
      [`export { default as s } from "${secret}" with { type: "json" }; ${rest}`, /lies outside/],
      [
        `const x = () => import("${secret}", { with: { type: "json" } }); ${rest}`,
        /outside of its/,
      ],
      [`import s from "./plugin.ts" with { type: "text" }; ${rest}`, /may be with \{ type: "json"/],
      [`import s from "./plugin.ts" with { type: "bytes" }; ${rest}`, /may be with \{ type: "json/],
      [
        `const x = (y) => import("./plugin.ts", { with: { type: y } }); ${rest}`,
        /may be with \{ type: "json"/,
      ],
      ["const x = (y) => import(`../${y}/deno.json`); " + rest, /must have a literal specifier/],
      [`const x = import("../" + "x.ts"); ${rest}`, /must have a literal specifier/],
    ];
    for (const [code, message] of cases) {
      await withPlugin(isolation, code, (open) => assert.rejects(open(), message));
    }
  });

  Deno.test(`hostile, ${isolation}: no source map is looked up`, async () => {
    const fetched: string[] = [];
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      ({ url }) => {
        fetched.push(url);
        return new Response("{}");
      },
    );
    const { port } = server.addr as Deno.NetAddr;
    const asks = (name: string) => `http://127.0.0.1:${port}/${name}`;
    // In each form of a comment that V8 knows, and with an error that is mapped.
    const code = `${rest.replace("=> ({})", "=> { throw new Error('mapped'); }")}
      //# sourceMappingURL=${asks("first")}
      //@ sourceMappingURL=${asks("at")}
      //# sourceURL=${asks("name.js")}
      /*# sourceMappingURL=${asks("block")} */
      const text = "//# sourceMappingURL=" + \`
//# sourceMappingURL=${asks("text")}
\`;
//# sourceMappingURL=${asks("last")}`;
    await withPlugin(isolation, code, async (open) => {
      const host = await open();
      const { data: _pixels, ...info } = smallFrame();
      await assert.rejects(async () => await host.postprocess({}, info), /mapped/);
    });
    assert.deepEqual(fetched, []);
  });
}
