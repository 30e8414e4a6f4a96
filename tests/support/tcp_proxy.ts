/** A TCP proxy that can fall silent, as a network does that drops packets. */

/** A port that hands on to another one. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that are open go silent for ever, and stay open; later ones are handed on. */
  silence(): void;
  /** Hands on to another port from now on. */
  moveTo(port: number): void;
}

/** One direction of a connection. */
async function handOn(from: Deno.Conn, to: Deno.Conn, isSilent: () => boolean): Promise<void> {
  const buffer = new Uint8Array(65_536);
  for (let size = await from.read(buffer); size !== null; size = await from.read(buffer)) {
    // What comes is read and dropped, so that the sender sees no full window either.
    for (let at = 0; at < size && !isSilent();) at += await to.write(buffer.subarray(at, size));
  }
}

/** Hands on to a port on this machine. */
export function startTcpProxy(port: number): TcpProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  let generation = 0;
  const close = (connection: Deno.Conn) => {
    if (!open.delete(connection)) return;
    try {
      connection.close();
    } catch {
      // It is closed already.
    }
  };
  async function join(client: Deno.Conn): Promise<void> {
    const own = generation;
    const isSilent = () => own !== generation;
    open.add(client);
    let server: Deno.Conn | null = null;
    try {
      server = await Deno.connect({ hostname: "127.0.0.1", port });
      open.add(server);
      await Promise.race([handOn(client, server, isSilent), handOn(server, client, isSilent)]);
    } catch {
      // One of both has gone.
    }
    // The server's end is not told on to a client that hears nothing any more.
    if (server !== null) close(server);
    if (!isSilent()) close(client);
  }
  const serving = (async () => {
    const joined: Promise<void>[] = [];
    for await (const client of listener) joined.push(join(client));
    await Promise.all(joined);
  })();
  return {
    port: listener.addr.port,
    silence: () => void generation++,
    moveTo: (other) => void (port = other),
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) close(connection);
      await serving;
    },
  };
}
