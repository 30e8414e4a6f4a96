/** A connection that carries so many bytes a second, in front of a server on this machine. */

/** A door that is slow in the direction to the client. */
export interface SlowLink extends Disposable {
  readonly port: number;
  /** Nothing goes through any more, connections stay. */
  stop(): void;
}

/** Bytes that wait on the way, as in a small router. */
const step = 1024;

/** Starts to listen; `bytesPerS` goes for each connection. */
export function openSlowLink(port: number, bytesPerS: number): SlowLink {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let stopped = false;
  (async () => {
    for await (const client of listener) void carry(client, port, bytesPerS, () => stopped);
  })().catch(() => {});
  return {
    port: listener.addr.port,
    stop: () => void (stopped = true),
    [Symbol.dispose]: () => listener.close(),
  };
}

async function carry(
  client: Deno.TcpConn,
  port: number,
  bytesPerS: number,
  isStopped: () => boolean,
): Promise<void> {
  try {
    using server = await Deno.connect({ hostname: "127.0.0.1", port });
    client.setNoDelay();
    const up = client.readable.pipeTo(server.writable, { preventClose: true });
    const down = (async () => {
      const writer = client.writable.getWriter();
      const buffer = new Uint8Array(step);
      for (let dueMs = performance.now();;) {
        const count = await server.read(buffer);
        if (count === null) break;
        dueMs = Math.max(dueMs, performance.now()) + count / bytesPerS * 1000;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
        while (isStopped()) await new Promise((resolve) => setTimeout(resolve, 100));
        await writer.write(buffer.slice(0, count));
      }
      await writer.close();
    })();
    await Promise.race([up, down]);
  } catch {
    // One of them has gone.
  }
  try {
    client.close();
  } catch {
    // It is closed.
  }
}
