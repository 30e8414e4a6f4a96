/** A connection that carries so many bytes a second, in front of a server on this machine. */

/** A door that is slow in the direction to the client. */
export interface SlowLink extends Disposable {
  readonly port: number;
  /** Nothing goes through any more, connections stay. */
  stop(): void;
  goOn(): void;
}

/** Bytes that wait on the way, as in a small router. */
const step = 1024;

/**
 * Starts to listen; `bytesPerS` goes for each connection. `receives`: so many bytes are taken from
 * the server before they have gone on, where that is to be fewer than what systems take unasked.
 */
export function openSlowLink(port: number, bytesPerS: number, receives?: number): SlowLink {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let stopped = false;
  (async () => {
    for await (const client of listener) {
      // The thin one is slow by itself.
      const hereBytesPerS = receives === undefined ? bytesPerS : Infinity;
      void carry(client, connect(port, bytesPerS, receives), hereBytesPerS, () => stopped);
    }
  })().catch(() => {});
  return {
    port: listener.addr.port,
    stop: () => void (stopped = true),
    goOn: () => void (stopped = false),
    [Symbol.dispose]: () => listener.close(),
  };
}

/** Both directions of a connection. */
interface Ends extends Disposable {
  readonly writable: WritableStream<Uint8Array>;
  read(buffer: Uint8Array): Promise<number | null>;
}

/** Deno has no say in how much a connection takes; Python has. It is slow itself: a pipe holds much. */
const thinClient = `
import socket, sys, threading, time
port, bytes_per_s, receives = map(int, sys.argv[1:])
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
s.connect(("127.0.0.1", port))
def up():
    while data := sys.stdin.buffer.read1(65536):
        s.sendall(data)
threading.Thread(target=up, daemon=True).start()
due = time.monotonic()
while data := s.recv(${step}):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    due = max(due, time.monotonic() - 0.1) + len(data) / bytes_per_s
    time.sleep(max(0, due - time.monotonic()))
`;

async function connect(port: number, bytesPerS: number, receives?: number): Promise<Ends> {
  if (receives === undefined) return await Deno.connect({ hostname: "127.0.0.1", port });
  const child = new Deno.Command("python3", {
    args: ["-c", thinClient, String(port), String(bytesPerS), String(receives)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader({ mode: "byob" });
  return {
    writable: child.stdin,
    async read(buffer) {
      const { value } = await reader.read(new Uint8Array(buffer.length));
      if (value) buffer.set(value);
      return value?.length || null;
    },
    [Symbol.dispose]: () => child.kill("SIGKILL"),
  };
}

async function carry(
  client: Deno.TcpConn,
  opening: Promise<Ends>,
  bytesPerS: number,
  isStopped: () => boolean,
): Promise<void> {
  try {
    using server = await opening;
    client.setNoDelay();
    const up = client.readable.pipeTo(server.writable, { preventClose: true });
    const down = (async () => {
      const writer = client.writable.getWriter();
      const buffer = new Uint8Array(step);
      for (let dueMs = performance.now();;) {
        const count = await server.read(buffer);
        if (count === null) break;
        // What a busy machine slept too long is made up for.
        dueMs = Math.max(dueMs, performance.now() - 100) + count / bytesPerS * 1000;
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
