import assert from "node:assert/strict";
import { withoutSecrets } from "./effective.ts";

Deno.test("withoutSecrets() masks URLs and what is called like a secret, at any depth", () => {
  const given = {
    url: "https://u:p4ss@host/x?token=abc",
    list: [{ apiKey: "abc", API_TOKEN: "${TOKEN}", keypoints: 17 }],
    password: { nested: "rtsp://u:p4ss@host/" },
  };
  assert.deepEqual(withoutSecrets(given), {
    url: "https://u:***@host/x?token=***",
    list: [{ apiKey: "***", API_TOKEN: "${TOKEN}", keypoints: 17 }],
    password: { nested: "rtsp://u:***@host/" },
  });
});
