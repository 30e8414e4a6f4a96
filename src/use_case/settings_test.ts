import assert from "node:assert/strict";
import { useCaseSettings } from "./settings.ts";

Deno.test("allow_plugin sees paths that are read and written from the directory, and nothing else", () => {
  assert.equal(
    useCaseSettings.allow_plugin.rebase!(
      "net=a,b:80,read=./zones.json,/x,write=*,env=HOME",
      "/etc",
    ),
    "net=a,b:80,read=/etc/zones.json,/x,write=*,env=HOME",
  );
});
