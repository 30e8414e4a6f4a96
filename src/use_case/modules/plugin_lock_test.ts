import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readLock, writePins } from "./plugin_lock.ts";

const config = fileURLToPath(import.meta.resolve("../../../deno.json"));
const hash = (digit: number) => String(digit).repeat(64);

Deno.test("writePins() loses no pin while others in this process and elsewhere write", async () => {
  const folder = await Deno.makeTempDir();
  const code = `
    const { writePins } = await import(${JSON.stringify(import.meta.resolve("./plugin_lock.ts"))});
    const [name] = Deno.args;
    console.log("ready");
    await Deno.stdin.read(new Uint8Array(1));
    await Promise.all(Array.from({ length: 6 }, (_, index) =>
      writePins(\`http://\${name}/\${index}.js\`, {}, false)));`;
  await Deno.writeTextFile(`${folder}/write.ts`, code);
  const before = Deno.cwd();
  const writers = ["a", "b"].map((name) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--config", config, "write.ts", name],
      ...{ cwd: folder, stdin: "piped", stdout: "piped", stderr: "inherit" },
    }).spawn()
  );
  Deno.chdir(folder);
  try {
    for (const { stdout } of writers) {
      const reader = stdout.getReader();
      await reader.read();
      await reader.cancel();
    }
    for (const { stdin } of writers) await new Blob(["\n"]).stream().pipeTo(stdin);
    const own = Array.from(
      { length: 6 },
      (_, index) => writePins(`http://c/${index}.js`, { m: hash(index) }, false),
    );
    await Promise.all(own);
    for (const { status } of writers) assert.equal((await status).code, 0);
    assert.equal(Object.keys(await readLock()).length, 18);
    const names = await Array.fromAsync(Deno.readDir("."), ({ name }) => name);
    assert.deepEqual(names.toSorted(), ["sightline.lock", "write.ts"]);
  } finally {
    Deno.chdir(before);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("writePins() replaces the pins of a plugin only for who may", async () => {
  const folder = await Deno.makeTempDir();
  const before = Deno.cwd();
  Deno.chdir(folder);
  try {
    await writePins("http://a/", { m: hash(1) }, false);
    await writePins("http://a/", { m: hash(1) }, false);
    await assert.rejects(writePins("http://a/", { m: hash(2) }, false), {
      name: "UseCaseError",
      message: "Cannot pin plugin http://a/ in sightline.lock: it was pinned meanwhile, and not " +
        'as it was fetched; "plugins update http://a/" accepts what the server sends',
    });
    await writePins("http://a/", { m: hash(2) }, true);
    assert.deepEqual(await readLock(), { "http://a/": { m: hash(2) } });
  } finally {
    Deno.chdir(before);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("writePins() tells which plugin could not be pinned, and why", async () => {
  const folder = await Deno.makeTempDir();
  const before = Deno.cwd();
  Deno.chdir(folder);
  try {
    await Deno.mkdir("sightline.lock.busy");
    await assert.rejects(writePins("http://a/", {}, true), {
      name: "UseCaseError",
      message: /^Cannot pin plugin http:\/\/a\/ in sightline\.lock: \S/,
    });
    assert.deepEqual(await readLock(), {});
  } finally {
    Deno.chdir(before);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readLock() has no pins where there is no file, and refuses one that is damaged", async () => {
  const folder = await Deno.makeTempDir();
  const before = Deno.cwd();
  Deno.chdir(folder);
  try {
    assert.deepEqual(await readLock(), {});
    const damaged = [
      ...["", "{", "[]", '{"version":2,"plugins":{}}', '{"version":1}'],
      '{"version":1,"plugins":{"a":{"m":"12"}}}',
      '{"version":1,"plugins":{},"more":1}',
    ];
    for (const text of damaged) {
      await Deno.writeTextFile("sightline.lock", text);
      await assert.rejects(readLock(), {
        name: "UseCaseError",
        message: "Cannot read sightline.lock: it is damaged; delete it to pin anew",
      });
      await assert.rejects(writePins("http://a/", {}, true), /it is damaged/);
      assert.equal(await Deno.readTextFile("sightline.lock"), text);
    }
    await Deno.remove("sightline.lock");
    await Deno.mkdir("sightline.lock");
    await assert.rejects(
      readLock(),
      /^UseCaseError: Cannot read sightline\.lock: (?!it is damaged)/,
    );
  } finally {
    Deno.chdir(before);
    await Deno.remove(folder, { recursive: true });
  }
});
