/** Detects which protocol a port speaks, to say so when the address names another one. */

import { frameFlag, frameType, makeFrame, preface } from "../http2/frame.ts";

/** A protocol, and whether it is inside TLS; `tls`: that cannot be told. */
export type Spoken = "grpc" | "http" | "https" | "grpcs" | "tls";

/** A sentence about an address, and the address to take instead. */
export interface WrongAddress {
  readonly words: string;
  readonly hint: string;
}

/** Milliseconds for each of the attempts. */
const attemptMs = 1_000;
/** The same is found out again after so long. */
const keptMs = 10_000;

/** Looks at one address. */
export class AddressCheck {
  readonly #url: URL;
  readonly #ca: string | null;
  readonly #signal: AbortSignal;
  #checking: Promise<WrongAddress | null> | undefined;
  #atMs = -Infinity;

  /** `url` as the user wrote it, and the text of --tls_ca; the signal ends all attempts. */
  constructor(url: string, ca: string | null, signal: AbortSignal) {
    this.#url = new URL(url);
    this.#ca = ca;
    this.#signal = signal;
  }

  /** What is wrong with the address; null when nothing can be said. Never rejects. */
  wrong(): Promise<WrongAddress | null> {
    const nowMs = performance.now();
    if (this.#checking === undefined || nowMs - this.#atMs > keptMs) {
      this.#atMs = nowMs;
      this.#checking = whatIsSpoken(this.#url, this.#ca, this.#signal)
        .then((spoken) => compare(this.#url, spoken));
    }
    return this.#checking;
  }
}

/** What an address that ends in `spoken` is wrong about. */
function compare({ protocol, hostname, port }: URL, spoken: Spoken | null): WrongAddress | null {
  const scheme = protocol.slice(0, -1);
  const secure = scheme.endsWith("s");
  if (spoken === null || spoken === scheme || secure && spoken === "tls") return null;
  const host = port === "" ? hostname : `${hostname}:${port}`;
  const other = spoken === "tls" ? `${scheme}s` : spoken;
  const hint = other.slice(0, 4) === scheme.slice(0, 4)
    ? `Write --ovms_url ${other}://${host}.`
    : `Name the other port of the server in --ovms_url, or write ${other}://${host} if this one is meant.`;
  return { words: `${sentences[spoken]}, but is asked as ${scheme}://`, hint };
}

/** What is wrong with an address asked as gRPC whose server answered, over HTTP/2, in HTTP. */
export function spokenInstead(host: string, spoken: "http" | "https"): WrongAddress {
  const url = new URL(`${spoken === "https" ? "grpcs" : "grpc"}://${host}`);
  return compare(url, spoken)!;
}

const sentences: Readonly<Record<Spoken, string>> = {
  grpc: "it speaks gRPC without TLS",
  http: "it speaks HTTP without TLS",
  https: "it speaks HTTP over TLS",
  grpcs: "it speaks gRPC over TLS",
  tls: "it speaks TLS",
};

/** Probes the address in each protocol, one after the other; null when none is answered. */
async function whatIsSpoken(
  { protocol, hostname, port, host }: URL,
  ca: string | null,
  signal: AbortSignal,
): Promise<Spoken | null> {
  const address = {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || (protocol.endsWith("s:") ? 443 : 80)),
    signal,
  };
  const get = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  const inHttp1 = () => inPlain(address, new TextEncoder().encode(get));
  const inHttp2 = async () => {
    const spoken = await inPlain(address, http2Beginning);
    // nginx keeps for requests that it understands that they should come over TLS.
    return spoken === "http" ? await inHttp1() ?? spoken : spoken;
  };
  const inTls = () => underTls(address, ca, protocol);
  // Some speak both HTTP/1 and HTTP/2: what is asked first is what was meant.
  const inPlainText = protocol.startsWith("grpc") ? [inHttp2, inHttp1] : [inHttp1, inHttp2];
  const attempts = protocol.endsWith("s:")
    ? [inTls, ...inPlainText]
    : [inPlainText[0]!, inTls, inPlainText[1]!];
  for (const attempt of attempts) {
    const spoken = await attempt();
    if (spoken !== null) return spoken;
  }
  return null;
}

interface Address {
  readonly hostname: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

const http2Beginning = new Uint8Array([
  ...preface,
  ...makeFrame(frameType.settings, frameFlag.none, 0, new Uint8Array()),
]);

/** Sends `words`, and looks at what comes back. */
function inPlain(address: Address, words: Uint8Array): Promise<Spoken | null> {
  return attempt(address, async (connection) => {
    await connection.write(words);
    const space = new Uint8Array(4096);
    const length = await connection.read(space);
    return recognise(space.subarray(0, length ?? 0));
  });
}

function recognise(bytes: Uint8Array): Spoken | null {
  const text = new TextDecoder("latin1").decode(bytes);
  if (text.startsWith("HTTP/")) return isForHttps(text) ? "tls" : "http";
  // An alert or a handshake of TLS.
  if ((bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 3) return "tls";
  const [type, stream] = [bytes[3], bytes.subarray(5, 9)];
  const begins = type === frameType.settings || type === frameType.goaway;
  return begins && stream.length === 4 && stream.every((byte) => byte === 0) ? "grpc" : null;
}

/** Whether a server of HTTPS says so in plain words, as nginx and Go's do. */
export function isForHttps(text: string): boolean {
  return /HTTP request (was )?(sent )?to (an )?HTTPS/i.test(text);
}

async function underTls(
  address: Address,
  ca: string | null,
  protocol: string,
): Promise<Spoken | null> {
  if (protocol.startsWith("grpc")) return await agree(address, ca, ["h2", "http/1.1"]);
  const spoken = await agree(address, ca, ["http/1.1"]);
  // gRPC's servers agree to the one, and to nothing else.
  return spoken === "tls" && await agree(address, ca, ["h2"]) === "grpcs" ? "grpcs" : spoken;
}

/** What the server chooses of the protocols that TLS offers it. */
function agree(
  address: Address,
  ca: string | null,
  alpnProtocols: string[],
): Promise<Spoken | null> {
  return attempt(address, async (tcp, onConnection) => {
    const { hostname } = address;
    const options = { hostname, alpnProtocols, ...ca !== null && { caCerts: [ca] } };
    const tls = await Deno.startTls(tcp, options);
    onConnection(tls);
    try {
      const { alpnProtocol } = await tls.handshake();
      return alpnProtocol === "h2" ? "grpcs" : alpnProtocol === "http/1.1" ? "https" : "tls";
    } catch (error) {
      // It was understood, and refused.
      return /certificate|alert/i.test((error as Error).message) ? "tls" : null;
    }
  });
}

/** One connection; null when it comes to nothing in time. */
async function attempt(
  { hostname, port, signal }: Address,
  talk: (tcp: Deno.TcpConn, onConnection: (tls: Deno.TlsConn) => void) => Promise<Spoken | null>,
): Promise<Spoken | null> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), attemptMs);
  const ended = AbortSignal.any([signal, abort.signal]);
  let connection: Deno.Conn | undefined;
  const end = () => close(connection);
  ended.addEventListener("abort", end);
  try {
    const tcp = await Deno.connect({ hostname, port, signal: ended });
    connection = tcp;
    return await talk(tcp, (tls) => connection = tls);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    ended.removeEventListener("abort", end);
    end();
  }
}

function close(connection: Deno.Conn | undefined): void {
  try {
    connection?.close();
  } catch {
    // It was closed before.
  }
}
