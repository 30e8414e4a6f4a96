/** The web server of the live view. */

import type { Logger } from "@logtape/logtape";
// @ts-types="npm:@types/ws@8.18.2"
import { WebSocketServer } from "ws";
import { isLoopback } from "./settings.ts";
import type { AccessConfig, VisualizerConfig } from "./settings.ts";
import { baseTeller } from "./base_path.ts";
import { createWebApp, type WebAppOptions } from "./app.ts";
import { Auth } from "./auth/auth.ts";
import { Credentials } from "./auth/credentials.ts";
import { StreamHistory } from "./health/stream_history.ts";
import { type Listener, type ListenerOptions, openListener } from "./listener.ts";
import { TrustedProxies } from "./proxies.ts";
import { loadPage, loadStaticFiles } from "./static_files.ts";
import type { WebStream } from "./web_stream.ts";

export type { WebStream } from "./web_stream.ts";

/** Where to listen, what to serve, and to whom. */
export interface WebOptions extends
  Pick<
    WebAppOptions,
    | "events"
    | "deliveries"
    | "models"
    | "config"
    | "media"
    | "basePath"
    | "patienceMs"
    | "maxViewAgeMs"
  > {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Required credentials; null = no authentication. @default {null} */
  readonly access?: AccessConfig | null;
  /** A login is good for so long. @default {a week} */
  readonly sessionMs?: number;
  /** Proxies whose `X-Forwarded-Prefix` and `X-Forwarded-For` are believed. @default none */
  readonly trustedProxies?: VisualizerConfig["trustedProxies"];
  /** PEM files, or `auto`. @default {null} plain http */
  readonly tls?: VisualizerConfig["tls"];
  /** Where a certificate of its own is kept. @default {null} nowhere: each start has another */
  readonly tlsFolder?: string | null;
  /** A function when streams come and go. */
  readonly streams: readonly WebStream[] | (() => readonly WebStream[]);
  readonly logger: Logger;
  /** The text that Prometheus reads; not served when absent. */
  readonly metrics?: () => Promise<string>;
}

/** A server at work. */
export type WebServer = Listener;

/** Packets of cameras are compressed already; pages have little to say. */
const webSockets = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: 16 * 1024,
};

/** Each viewer holds one; a browser opens six, and a proxy stands for many browsers. */
const limits = { most: 256, mostPerAddress: 96, kept: 8 };

/**
 * Starts serving.
 * @throws {Error} when the address cannot be listened on, or a secret or certificate not be read
 */
export async function startWeb(options: WebOptions): Promise<WebServer> {
  const { host, port, streams, logger, metrics = null, basePath = "/" } = options;
  const { access = null, tls = null, trustedProxies = [] } = options;
  const proxies = new TrustedProxies(trustedProxies);
  const baseOf = baseTeller(basePath, proxies);
  const credentials = access && await Credentials.read(access);
  const ending = new AbortController();
  const all = typeof streams === "function" ? streams : () => streams;
  const history = new StreamHistory(() => all().map((stream) => stream.status()));
  const app = createWebApp({
    ...options,
    streams: all,
    history,
    files: await loadStaticFiles(),
    page: await loadPage(),
    signal: ending.signal,
    metrics,
    auth: credentials && new Auth({
      ...options,
      credentials,
      secure: tls !== null,
      baseOf,
      proxies,
    }),
    baseOf,
    // With credentials DNS rebinding gains nothing: the browser has no cookie for the foreign name.
    localOnly: credentials === null && isLoopback(host),
  });
  const listener = await openListener({
    host,
    port,
    setting: "visualizer_port",
    fetch: app.fetch,
    limits,
    // Its types leave open what is set here.
    webSockets: new WebSocketServer(webSockets) as NonNullable<ListenerOptions["webSockets"]>,
    tls: tls === "auto"
      ? await makeCertificate(options)
      : tls && { cert: await readPem(tls.certFile), key: await readPem(tls.keyFile) },
  });
  if (credentials !== null && tls === null && !isLoopback(host)) {
    logger.warn(
      "Keys and pictures travel unencrypted: set --visualizer_tls_cert, or do TLS before",
    );
  }
  const url = listener.url + basePath.slice(1);
  logger.info("Live view at {url}", { url });
  return {
    ...listener,
    url,
    async [Symbol.asyncDispose]() {
      ending.abort();
      history[Symbol.dispose]();
      await listener[Symbol.asyncDispose]();
    },
  };
}

/** A browser warns of it: the fingerprint is what a person compares. */
async function makeCertificate(
  { host, tlsFolder = null, logger }: WebOptions,
): Promise<{ readonly cert: string; readonly key: string }> {
  // Loaded only where one is made: it brings a library for certificates.
  const { ownCertificate } = await import("./tls/own_certificate.ts");
  const isEvery = host === "0.0.0.0" || host === "::";
  const { cert, key, fingerprint } = await ownCertificate(tlsFolder, isEvery ? [] : [host]);
  logger.info("The certificate's SHA-256 fingerprint is {fingerprint}", { fingerprint });
  return { cert, key };
}

async function readPem(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot read the certificate or key in ${path}: ${message}`, { cause });
  }
}
