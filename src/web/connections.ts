/** Limits on the connections of a server, and which one is evicted for a new one. */

import type { Server } from "node:http";
import type { Socket } from "node:net";
import { networkOf } from "./auth/network_of.ts";

/** How many there may be. */
export interface ConnectionLimits {
  /** Connections at a time. */
  readonly most: number;
  /** The same from one address. */
  readonly mostPerAddress: number;
  /** Of both, so many are kept for requests that end at once, such as probes. */
  readonly kept: number;
}

/** A part of a socket that its TLS socket has too. */
type Peer = Pick<Socket, "remoteAddress" | "remotePort">;

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  /** Requests that are not answered in full: probes, and others. */
  probes: number;
  others: number;
}

/**
 * Counts connections, by address too. When there are too many, the oldest one without a request is
 * evicted: clients that only hold connections cannot keep a probe out.
 */
export class Connections {
  readonly #limits: ConnectionLimits;
  /** Oldest first. */
  readonly #open = new Map<string, Connection>();

  constructor(server: Server, limits: ConnectionLimits) {
    this.#limits = limits;
    server.on("connection", (socket: Socket) => this.#accept(socket));
  }

  /**
   * A request begins. False: too many are under way, and it shall be refused. The function that is
   * returned otherwise is to be called at its end.
   */
  begin(peer: Peer, isProbe: boolean): (() => void) | false {
    const connection = this.#open.get(keyOf(peer));
    // It was cut off this moment.
    if (connection === undefined) return () => undefined;
    if (isProbe) {
      connection.probes++;
      return () => void connection.probes--;
    }
    const { most, mostPerAddress, kept } = this.#limits;
    const busy = [...this.#open.values()].filter(({ others }) => others > 0);
    const same = busy.filter(({ address }) => address === connection.address);
    if (busy.length >= most - kept || same.length >= mostPerAddress - kept) return false;
    connection.others++;
    return () => void connection.others--;
  }

  #accept(socket: Socket): void {
    const { most, mostPerAddress } = this.#limits;
    const key = keyOf(socket);
    const address = networkOf(socket.remoteAddress);
    this.#open.set(key, { socket, address, probes: 0, others: 0 });
    socket.once("close", () => {
      if (this.#open.get(key)?.socket === socket) this.#open.delete(key);
    });
    const all = [...this.#open.values()];
    const same = all.filter((connection) => connection.address === address);
    if (same.length > mostPerAddress) this.#cutOne(same);
    else if (all.length > most) this.#cutOne(all);
  }

  /** The newest of `connections` goes when all others have something to do. */
  #cutOne(connections: readonly Connection[]): void {
    const idle = connections.find(({ probes, others }) => probes + others === 0)!;
    this.#open.delete(keyOf(idle.socket));
    idle.socket.destroy();
  }
}

function keyOf({ remoteAddress, remotePort }: Peer): string {
  return `${remoteAddress} ${remotePort}`;
}
