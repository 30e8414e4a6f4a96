import { deepEqual, equal, throws } from "node:assert/strict";
import { Hono } from "hono";
import { baseTeller, pathBeneath } from "./base_path.ts";
import { SettingError } from "../settings/setting.ts";
import { parseNetwork } from "./network.ts";
import { TrustedProxies } from "./proxies.ts";

Deno.test("pathBeneath() takes the base off, and leaves nothing beside it", () => {
  const path = pathBeneath("/cameras/");
  const of = (at: string) => path(new Request(`http://host${at}`));
  equal(of("/cameras/"), "/");
  equal(of("/cameras"), "/");
  equal(of("/cameras/live/door%20a?x=1"), "/live/door a");
  equal(of("/healthz"), "/healthz");
  for (const beside of ["/", "/live", "/cameras2/live", "/camerasX"]) {
    equal(of(beside), "/\0", beside);
  }
  equal(pathBeneath("/")(new Request("http://host/live")), "/live");
});

Deno.test("baseTeller() believes a prefix of a trusted proxy alone", async () => {
  const baseOf = baseTeller(
    "/s/",
    new TrustedProxies([parseNetwork("10.0.0.0/8"), parseNetwork("::1")]),
  );
  const app = new Hono();
  app.get("/", (context) => context.text(baseOf(context as never)));
  const ask = async (remoteAddress: string, prefix?: string) => {
    const headers = prefix === undefined ? {} : { "x-forwarded-prefix": prefix };
    const env = { incoming: { socket: { remoteAddress } } };
    return await (await app.request("/", { headers }, env)).text();
  };
  equal(await ask("10.1.2.3", "/home/cameras"), "/home/cameras/s/");
  equal(await ask("::ffff:10.1.2.3", "/home/"), "/home/s/");
  equal(await ask("::1", "/home"), "/home/s/");
  equal(await ask("10.1.2.3"), "/s/");
  equal(await ask("11.1.2.3", "/home"), "/s/");
  for (const wrong of ['/"><script>', "//evil.example", "/a/../b?c", "home", "/..", "/a/./b"]) {
    equal(await ask("10.1.2.3", wrong), "/s/", wrong);
  }
});

Deno.test("parseNetwork() takes addresses and networks", () => {
  deepEqual(parseNetwork("10.0.0.0/8"), { address: "10.0.0.0", bits: 8 });
  deepEqual(parseNetwork("fd00::/64"), { address: "fd00::", bits: 64 });
  deepEqual(parseNetwork("127.0.0.1"), { address: "127.0.0.1", bits: null });
  for (const wrong of ["localhost", "10.0.0.0/33", "10.0.0", "", "::1/129"]) {
    throws(() => parseNetwork(wrong), SettingError, wrong);
  }
});
