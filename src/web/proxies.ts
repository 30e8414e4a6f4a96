/** Proxies before us that are believed, and what one says of the client behind it. */

import { BlockList, isIP } from "node:net";
import type { Network } from "./network.ts";

/** The proxies that were set. */
export class TrustedProxies {
  readonly #list = new BlockList();

  constructor(proxies: readonly Network[]) {
    for (const { address, bits } of proxies) {
      if (bits === null) this.#list.addAddress(address, familyOf(address));
      else this.#list.addSubnet(address, bits, familyOf(address));
    }
  }

  /** Whether an address is one of theirs. */
  has(peer: string): boolean {
    const address = plain(peer);
    return isIP(address) !== 0 && this.#list.check(address, familyOf(address));
  }

  /**
   * Who asked: of `X-Forwarded-For` the last that is no such proxy. What stands before it, the
   * client itself may have written.
   */
  clientOf(peer: string, forwardedFor: string | undefined): string {
    let client = peer;
    for (const said of (forwardedFor ?? "").split(",").reverse()) {
      const address = said.trim();
      if (!this.has(client) || isIP(address) === 0) break;
      client = address;
    }
    return client;
  }
}

/** A socket that listens for both says of IPv4 `::ffff:10.0.0.7`. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=[\d.]+$)/i, "").replace(/%.*$/, "");
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
