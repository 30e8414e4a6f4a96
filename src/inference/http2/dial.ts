/** Connections for HTTP/2, over TCP or TLS. */

import type { TlsFiles } from "../transport/tls.ts";
import { Http2Connection } from "./connection.ts";

/** Settings of {@link dial}. */
export interface DialOptions {
  /** `http:` or `https:`. */
  readonly url: URL;
  readonly tls: TlsFiles;
  /** Milliseconds without an answer that is HTTP/2. */
  readonly patienceMs: number;
  /** Bytes that the server may send on a stream ahead of being allowed more. @default {2 GiB} */
  readonly streamWindow?: number | undefined;
  /** Gives up. */
  readonly signal?: AbortSignal;
}

/** The connection was accepted, but the peer spoke something else, or ended it. */
export class NotHttp2Error extends Error {
  override readonly name = "NotHttp2Error";
}

/**
 * Connects; rejects with the system's words, with a {@link NotHttp2Error} where something else
 * listens, or when patience is at its end.
 */
export async function dial(
  { url, tls, patienceMs, streamWindow, signal }: DialOptions,
): Promise<Http2Connection> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), patienceMs);
  const giveUp = signal ? AbortSignal.any([signal, patience.signal]) : patience.signal;
  let stands = false;
  try {
    const connection = await connect(url, tls, giveUp, () => stands = true);
    return await converse(connection, url, streamWindow, giveUp);
  } catch (error) {
    if (patience.signal.aborted) {
      throw new Error(`no answer within ${patienceMs} ms`, { cause: error });
    }
    signal?.throwIfAborted();
    if (!stands) throw error;
    throw new NotHttp2Error((error as Error).message, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function converse(
  connection: Deno.Conn,
  url: URL,
  streamWindow: number | undefined,
  signal: AbortSignal,
): Promise<Http2Connection> {
  const onAbort = () => close(connection);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    return await Http2Connection.begin(connection, url, streamWindow);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function connect(
  url: URL,
  tls: TlsFiles,
  signal: AbortSignal,
  onStanding: () => void,
): Promise<Deno.Conn> {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const secure = url.protocol === "https:";
  const port = Number(url.port || (secure ? 443 : 80));
  const { ca, cert, key } = tls;
  const options = { hostname, alpnProtocols: ["h2"], ...ca !== null && { caCerts: [ca] } };
  if (secure && cert !== null && key !== null) {
    // A connection that stands cannot be given a client certificate, so Nagle's algorithm stays.
    const connecting = Deno.connectTls({ ...options, port, cert, key });
    const connection = await orAborted(connecting, signal);
    onStanding();
    return await handshake(connection, signal);
  }
  const tcp = await Deno.connect({ hostname, port, signal });
  onStanding();
  // A request's last packet must not wait for the server to acknowledge the one before.
  tcp.setNoDelay();
  return secure ? await handshake(await Deno.startTls(tcp, options), signal) : tcp;
}

/** Deno.connectTls() takes no signal: what it brings too late is closed. */
async function orAborted(
  connecting: Promise<Deno.TlsConn>,
  signal: AbortSignal,
): Promise<Deno.TlsConn> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => {
    connecting.then(close, () => {});
    aborted.reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([connecting, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
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

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It was closed before.
  }
}
