import assert from "node:assert/strict";
import { networkOf } from "./network_of.ts";

for (
  const [address, network] of [
    ["192.168.1.20", "192.168.1.20"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["::1", "0:0:0:0"],
    ["2001:db8:0:7::1", "2001:db8:0:7"],
    ["2001:db8:0:7:ffff:1:2:3", "2001:db8:0:7"],
    ["2001:DB8::7:0:0:0:1", "2001:db8:0:7"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["", ""],
  ] as const
) {
  Deno.test(`networkOf() of ${address || "nothing"}`, () => {
    assert.equal(networkOf(address), network);
  });
}
