import assert from "node:assert/strict";
import { compileArgs, hasEmbeddedInference, type Target, targets } from "./compile_args.ts";
import { nativeLibraries } from "./native_libraries.ts";

const bin = "/cache/onnxruntime-node/1.0.0/bin/napi-v6";
const libraries = ["darwin/arm64", "linux/arm64", "linux/x64", "win32/arm64", "win32/x64"]
  .map((folder) => `${bin}/${folder}`);

function excluded(args: readonly string[]): string[] {
  return args.filter((_, index) => args[index - 1] === "--exclude");
}

Deno.test("compileArgs() keeps the native library of the target, and leaves out all others", () => {
  for (const [target, folder] of Object.entries(targets)) {
    const args = compileArgs({
      target: target as Target,
      output: "o",
      files: [],
      libraries,
      without: ["/x"],
    });
    assert.ok(excluded(args).includes("/x"));
    const kept = libraries.filter((library) => !excluded(args).includes(library));
    assert.deepEqual(kept, libraries.filter((library) => library.endsWith(folder)), target);
  }
});

Deno.test("compileArgs() includes every file", () => {
  const args = compileArgs({
    target: "x86_64-unknown-linux-gnu",
    output: "dist/sightline",
    files: ["protos/kserve.proto", "src/mod.ts"],
    libraries,
    without: [],
  });
  const included = args.filter((_, index) => args[index - 1] === "--include");
  assert.deepEqual(included, ["protos/kserve.proto", "src/mod.ts"]);
  assert.equal(args[args.indexOf("--output") + 1], "dist/sightline");
  assert.equal(args.at(-1), "main.ts");
});

Deno.test("hasEmbeddedInference() is false where onnxruntime-node has no library", () => {
  assert.equal(hasEmbeddedInference("x86_64-apple-darwin", libraries), false);
  assert.equal(hasEmbeddedInference("aarch64-apple-darwin", libraries), true);
});

Deno.test("nativeLibraries() finds that of this platform in Deno's cache", async () => {
  const folder = targets[Deno.build.target as Target];
  const found = (await nativeLibraries()).map((path) => path.replaceAll("\\", "/"));
  assert.ok(found.some((path) => path.endsWith(`/${folder}`)), found.join("\n"));
});
