import { equal } from "node:assert/strict";
import { TrustedProxies } from "./proxies.ts";

const proxies = new TrustedProxies([
  { address: "127.0.0.1", bits: null },
  { address: "10.0.0.0", bits: 8 },
]);

for (
  const [peer, forwardedFor, client] of [
    ["192.0.2.1", "198.51.100.7", "192.0.2.1"],
    ["127.0.0.1", undefined, "127.0.0.1"],
    ["127.0.0.1", "198.51.100.7", "198.51.100.7"],
    ["::ffff:127.0.0.1", "2001:db8::1", "2001:db8::1"],
    ["127.0.0.1", "203.0.113.9, 198.51.100.7,10.1.2.3", "198.51.100.7"],
    ["127.0.0.1", "203.0.113.9, nonsense", "127.0.0.1"],
  ] as const
) {
  Deno.test(`TrustedProxies: ${peer} says ${forwardedFor ?? "nothing"}`, () => {
    equal(proxies.clientOf(peer, forwardedFor), client);
  });
}
