/** TLS in front of a server that speaks none. */

/** A port that is served by TLS. */
export interface TlsFront extends AsyncDisposable {
  readonly port: number;
}

/** Ends TLS with a certificate, PEM files, and hands on what comes to a port on this machine. */
export async function withTlsFront(
  port: number,
  certFile: string,
  keyFile: string,
): Promise<TlsFront> {
  const listener = Deno.listenTls({
    ...{ hostname: "127.0.0.1", port: 0 },
    cert: await Deno.readTextFile(certFile),
    key: await Deno.readTextFile(keyFile),
  });
  const open = new Set<Deno.Conn>();
  const serving = serve();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) close(connection);
      await serving;
    },
  };

  async function serve(): Promise<void> {
    const joined: Promise<void>[] = [];
    for (;;) {
      try {
        joined.push(join(await listener.accept()));
      } catch (error) {
        // The listener was closed.
        if (error instanceof Deno.errors.BadResource) break;
      }
    }
    await Promise.all(joined);
  }

  async function join(client: Deno.TlsConn): Promise<void> {
    open.add(client);
    try {
      await client.handshake();
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      open.add(server);
      await Promise.all([
        client.readable.pipeTo(server.writable),
        server.readable.pipeTo(client.writable),
      ]);
    } catch {
      // One of both has gone, or does not trust us.
    } finally {
      for (const connection of open) if (connection === client) close(connection);
    }
  }

  function close(connection: Deno.Conn): void {
    open.delete(connection);
    try {
      connection.close();
    } catch {
      // It is closed already.
    }
  }
}
