import { equal, ok, rejects, throws } from "node:assert/strict";
import { assetFile, assetUrl, readAsset, readAssetText } from "./assets.ts";

Deno.test("readAssetText() gives the text of a shipped file", async () => {
  const text = await readAssetText("protos/kserve.proto");
  ok(text.includes("service GRPCInferenceService"));
  equal(new TextEncoder().encode(text).length, (await readAsset("protos/kserve.proto")).length);
});

Deno.test("readAsset() names the file that is missing", async () => {
  await rejects(
    readAsset("protos/absent.proto"),
    /Cannot read Sightline's own file protos\/absent.proto/,
  );
});

Deno.test("assetUrl() stays among Sightline's own files", () => {
  throws(() => assetUrl("../secret"), RangeError);
  throws(() => assetUrl("https://example.com/x"), RangeError);
});

Deno.test("assetFile() is the file itself in a checkout, and stays there", async () => {
  await using file = await assetFile("demo/street.mp4");
  await file[Symbol.asyncDispose]();
  ok((await Deno.stat(file.path)).size > 0);
});
