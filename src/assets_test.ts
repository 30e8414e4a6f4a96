import { equal, ok, rejects, throws } from "node:assert/strict";
import { assetUrl, readAsset, readAssetText } from "./assets.ts";

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
