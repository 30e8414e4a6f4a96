/** Connections for HTTP/2, over TCP or TLS. */

import type { TlsFiles } from "../tls.ts";
import { Http2Connection } from "./connection.ts";

/**
 * Connects to `url` (`http:` or `https:`); rejects with the system's words, or after `patienceMs`
 * without an answer that is HTTP/2.
 */
export async function dial(
  url: URL,
  tls: TlsFiles,
  patienceMs: number,
): Promise<Http2Connection> {
  const controller = new AbortController();
  let connection: Deno.Conn | undefined;
  const timer = setTimeout(() => {
    controller.abort();
    close(connection);
  }, patienceMs);
  try {
    connection = await connect(url, tls, controller.signal);
    return await Http2Connection.begin(connection, url);
  } catch (error) {
    if (controller.signal.aborted) {
      throw new Error(`no answer within ${patienceMs} ms`, { cause: error });
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function connect(url: URL, tls: TlsFiles, signal: AbortSignal): Promise<Deno.Conn> {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const secure = url.protocol === "https:";
  const port = Number(url.port || (secure ? 443 : 80));
  const { ca, cert, key } = tls;
  const options = { hostname, alpnProtocols: ["h2"], ...ca !== null && { caCerts: [ca] } };
  if (secure && cert !== null && key !== null) {
    // A connection that stands cannot be given a client certificate, so Nagle's algorithm stays.
    return await handshake(await Deno.connectTls({ ...options, port, cert, key }), signal);
  }
  const tcp = await Deno.connect({ hostname, port, signal });
  // A request's last packet must not wait for the server to acknowledge the one before.
  tcp.setNoDelay();
  return secure ? await handshake(await Deno.startTls(tcp, options), signal) : tcp;
}

async function handshake(connection: Deno.TlsConn, signal: AbortSignal): Promise<Deno.Conn> {
  const onAbort = () => close(connection);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    await connection.handshake();
    return connection;
  } catch (error) {
    close(connection);
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function close(connection: Deno.Conn | undefined): void {
  try {
    connection?.close();
  } catch {
    // It was closed before.
  }
}
