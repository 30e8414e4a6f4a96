/** What was written to connections and has not arrived, as Linux tells it. */

import type { Socket } from "node:net";

/** One line for each connection of this system: see proc(5). */
const paths = ["/proc/net/tcp", "/proc/net/tcp6"];
const connected = /:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) 01 ([0-9A-F]{8}):/g;

/** Some milliseconds of CPU go into one look, and more on a system with many connections. */
const lookEveryMs = 40;

/** The tables, which all who ask share. */
export class TcpTable {
  readonly #read: (path: string) => Promise<string>;
  readonly #now: () => number;
  #lookedAtMs = -Infinity;
  #bytes = Promise.resolve<ReadonlyMap<string, number>>(new Map());

  constructor(
    read: (path: string) => Promise<string> = Deno.readTextFile,
    now: () => number = performance.now.bind(performance),
  ) {
    this.#read = read;
    this.#now = now;
  }

  /**
   * Bytes that the system at the other end has not acknowledged, and those that wait in this process;
   * null = that cannot be known, undefined = not yet: the last look was before `sinceMs`, when the
   * connection was last written to, and the next one is due in a moment.
   */
  async unacknowledgedBytes(
    { localPort, remotePort, writableLength }: Pick<
      Socket,
      "localPort" | "remotePort" | "writableLength"
    >,
    sinceMs: number,
  ): Promise<number | null | undefined> {
    const nowMs = this.#now();
    if (nowMs - this.#lookedAtMs >= lookEveryMs) {
      this.#lookedAtMs = nowMs;
      this.#bytes = this.#look();
    } else if (this.#lookedAtMs < sinceMs) {
      return undefined;
    }
    const found = (await this.#bytes).get(`${localPort} ${remotePort}`);
    return found === undefined ? null : found + writableLength;
  }

  async #look(): Promise<ReadonlyMap<string, number>> {
    const bytes = new Map<string, number>();
    for (const path of paths) {
      const text = await this.#read(path).catch(() => "");
      for (const [, local, remote, queue] of text.matchAll(connected)) {
        const key = `${parseInt(local!, 16)} ${parseInt(remote!, 16)}`;
        // Where two viewers have the same port, the one for which more waits.
        bytes.set(key, Math.max(bytes.get(key) ?? 0, parseInt(queue!, 16)));
      }
    }
    return bytes;
  }
}
