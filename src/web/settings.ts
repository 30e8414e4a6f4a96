/** What is set for the live view, and for metrics: where they are served, and who gets in. */

import { resolve } from "node:path";
import type { Needs } from "../settings/needs.ts";
import { type Phrase, phrase, type Problem } from "../settings/problem.ts";
import { path } from "../settings/paths.ts";
import { refusedPorts } from "../settings/refused_ports.ts";
import {
  choice,
  complete,
  integer,
  parsedList,
  refined,
  table,
  text,
  toggle,
  type ValuesOf,
} from "../settings/setting.ts";
import { type Network, parseNetwork } from "./network.ts";

const secretAllowed = "1 to 1024 characters on one line";
const secretPattern = /^\P{Cc}{1,1024}$/u;
const fileAllowed = "the path of a file";
const hostAllowed = "a host name or address of this machine";

/** The rows of the live view, in the order of the help. */
export const viewSettings = table({ group: "Live view" }, {
  visualizer_port: refined(
    integer(0, 65535, {
      value: "PORT",
      default: 0,
      help: "port of the live view; 0 = none, and nothing is drawn",
    }),
    (port) => !refusedPorts.has(port),
    "is a port that browsers refuse, must be another one, such as 5000",
  ),
  visualizer_host: text(hostAllowed, {
    value: "HOST",
    default: "127.0.0.1",
    help: "address it listens on; one of the network needs a token or password",
  }),
  visualizer_token: text(secretAllowed, {
    value: "TOKEN",
    secret: "whole",
    help: phrase`who has it gets in; better ${"visualizer_token_file"}: others see command lines`,
  }, secretPattern),
  visualizer_token_file: path(fileAllowed, {
    value: "FILE",
    help: "the file that holds it, and nothing else",
  }),
  visualizer_operate_token: text(secretAllowed, {
    value: "TOKEN",
    secret: "whole",
    help:
      phrase`who has it may operate: post events, take a support bundle; better ${"visualizer_operate_token_file"}`,
  }, secretPattern),
  visualizer_operate_token_file: path(fileAllowed, {
    value: "FILE",
    more: "see [docs/events.md](docs/events.md#asking)",
    help: "the file that holds it, and nothing else",
  }),
  visualizer_user: text("1 to 128 characters without a colon", {
    value: "NAME",
    help: "who gets in with a password",
  }, /^[^:\p{Cc}]{1,128}$/u),
  visualizer_password: text(secretAllowed, {
    value: "WORD",
    secret: "whole",
    help: phrase`the password; better ${"visualizer_password_file"}`,
  }, secretPattern),
  visualizer_password_file: path(fileAllowed, {
    value: "FILE",
    help: "the file that holds it, and nothing else",
  }),
  visualizer_insecure: toggle({
    help: phrase`let everybody in who reaches ${"visualizer_host"}`,
  }),
  visualizer_base_path: text("a path such as /cameras", {
    value: "PATH",
    unset: "/",
    more: "see [docs/pages.md](docs/pages.md#behind-a-proxy)",
    help: "path at which it lies, as a proxy in front passes it on",
  }, /^\/$|^(\/(?!\.\.?(\/|$))[\w.~-]+){1,8}\/?$/),
  visualizer_trusted_proxies: parsedList(
    "an address, or a network such as 10.0.0.0/8",
    parseNetwork,
    {
      value: "ADDRESS",
      unset: "none",
      help: "proxies whose X-Forwarded-Prefix, -For and -Proto are believed",
    },
  ),
  visualizer_tls: choice(["auto"], {
    value: "auto",
    unset: "plain http",
    more: "see [docs/security.md](docs/security.md#https)",
    help: "serve https with a certificate of its own, whose fingerprint is logged",
  }),
  visualizer_tls_cert: path(fileAllowed, {
    value: "FILE",
    help: "PEM: serve https with this certificate, and those that vouch for it",
  }),
  visualizer_tls_key: path(fileAllowed, {
    value: "FILE",
    help: "PEM: key of that certificate",
  }),
  max_view_age_ms: integer(100, 60_000, {
    value: "MS",
    default: 500,
    help: "an older picture on a page is dimmed and counts as behind",
  }),
});

/** The rows of metrics, in the order of the help. */
export const metricsSettings = table({ group: "Metrics" }, {
  metrics_port: integer(0, 65535, {
    value: "PORT",
    default: 0,
    help: "serve /metrics, /healthz and /readyz without the live view; 0 = no",
  }),
  metrics_host: text(hostAllowed, {
    value: "HOST",
    default: "127.0.0.1",
    help: "address they are served on",
  }),
});

/** As far as they were given and right. */
export type WebValues = ValuesOf<typeof viewSettings & typeof metricsSettings>;

/** Where metrics and probes are served without the live view. */
export interface MetricsConfig {
  readonly host: string;
  readonly port: number;
}

/** Complete settings; null = with the live view only, if there is one. */
export function metricsConfig(values: WebValues): MetricsConfig | null {
  const { metricsHost: host, metricsPort: port } = complete(metricsSettings, values);
  return port === 0 ? null : { host, port };
}

/** The live view. */
export interface VisualizerConfig {
  readonly host: string;
  readonly port: number;
  /** With a slash at both ends. */
  readonly basePath: string;
  readonly trustedProxies: readonly Network[];
  /** Null: no authentication. */
  readonly access: AccessConfig | null;
  /** PEM files; `auto` = a certificate of its own; null = plain http. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | "auto" | null;
  /** An older picture on a page counts as behind. */
  readonly maxViewAgeMs: number;
}

/** What opens the live view: the token, or user and password. One of them is there. */
export interface AccessConfig {
  readonly token: SecretConfig | null;
  /** May look, and write: post events. @default {null} */
  readonly operateToken?: SecretConfig | null;
  readonly user: string | null;
  readonly password: SecretConfig | null;
}

/** A secret, or the file that holds it. */
export type SecretConfig = { readonly value: string } | { readonly file: string };

/** Complete settings; null = no live view, and nothing is drawn or encoded. */
export function visualizerConfig(values: WebValues): VisualizerConfig | null {
  const all = complete(viewSettings, values);
  if (all.visualizerPort === 0) return null;
  const token = secret(all.visualizerToken, all.visualizerTokenFile);
  const password = secret(all.visualizerPassword, all.visualizerPasswordFile);
  const operateToken = secret(all.visualizerOperateToken, all.visualizerOperateTokenFile);
  const isOpen = token === null && operateToken === null && password === null;
  const { visualizerTlsCert: certFile, visualizerTlsKey: keyFile } = all;
  return {
    host: all.visualizerHost,
    port: all.visualizerPort,
    basePath: `${(all.visualizerBasePath ?? "/").replace(/\/$/, "")}/`,
    trustedProxies: all.visualizerTrustedProxies ?? [],
    access: isOpen ? null : { token, operateToken, user: all.visualizerUser, password },
    tls: certFile !== null && keyFile !== null ? { certFile, keyFile } : all.visualizerTls,
    maxViewAgeMs: all.maxViewAgeMs,
  };
}

function secret(value: string | null, file: string | null): SecretConfig | null {
  if (value !== null) return { value };
  return file === null ? null : { file };
}

/** Adds the permissions that serving them takes. */
export function webNeeds(
  { visualizer, metrics }: {
    readonly visualizer: VisualizerConfig | null;
    readonly metrics: MetricsConfig | null;
  },
  needs: Needs,
): void {
  if (metrics !== null) needs.add("net", `${metrics.host}:${metrics.port}`);
  if (visualizer === null) return;
  const { host, port, access, tls } = visualizer;
  for (const secret of [access?.token, access?.operateToken, access?.password]) {
    if (secret && "file" in secret) needs.add("read", resolve(secret.file));
  }
  if (tls !== null && tls !== "auto") {
    needs.add("read", resolve(tls.certFile), resolve(tls.keyFile));
  }
  needs.add("net", `${host}:${port}`);
  // What draws and encodes the pictures.
  needs.package("imagescript");
  needs.add("env", "IMAGESCRIPT_WASM_SIMD");
  needs.package("ws");
  needs.add("env", "WS_NO_BUFFER_UTIL", "WS_NO_UTF_8_VALIDATE");
}

/** What is wrong with settings that are right one by one. */
export function checkWeb(settings: WebValues): Problem[] {
  const problems: Problem[] = [];
  const wrong = (setting: keyof WebValues, message: Phrase, value?: unknown) =>
    problems.push({ setting, message, ...(value !== undefined && { value }) });
  const secrets = ["visualizer_token", "visualizer_operate_token", "visualizer_password"] as const;
  for (const name of secrets) {
    if (settings[name] !== undefined && settings[`${name}_file`] !== undefined) {
      wrong(`${name}_file`, phrase`cannot stand beside ${name}`);
    }
  }
  const hasPassword = (settings.visualizer_password ?? settings.visualizer_password_file) !==
    undefined;
  const user = settings.visualizer_user;
  if (user !== undefined && !hasPassword) {
    wrong("visualizer_user", phrase`needs ${"visualizer_password_file"} beside it`, user);
  }
  if (user === undefined && hasPassword) {
    wrong("visualizer_user", "is missing beside the password");
  }
  const { visualizer_tls_cert: cert, visualizer_tls_key: key } = settings;
  if (cert !== undefined && key === undefined) {
    wrong("visualizer_tls_key", phrase`is missing beside ${"visualizer_tls_cert"}`);
  }
  if (cert === undefined && key !== undefined) {
    wrong("visualizer_tls_cert", phrase`is missing beside ${"visualizer_tls_key"}`);
  }
  if (settings.visualizer_tls !== undefined && (cert ?? key) !== undefined) {
    const message = phrase`cannot stand beside ${"visualizer_tls_cert"}`;
    wrong("visualizer_tls", message, settings.visualizer_tls);
  }
  const { visualizer_host: host, visualizer_port: port, visualizer_insecure } = settings;
  const isOpen = host !== undefined && Boolean(port) && !isLoopback(host);
  const hasToken = (settings.visualizer_token ?? settings.visualizer_token_file ??
    settings.visualizer_operate_token ?? settings.visualizer_operate_token_file) !== undefined;
  if (isOpen && !hasToken && !hasPassword && user === undefined && !visualizer_insecure) {
    wrong(
      "visualizer_host",
      [
        ...phrase`lets the network in: it needs ${"visualizer_token_file"}, or ${"visualizer_user"} `,
        ...phrase`and ${"visualizer_password_file"}; or ${"visualizer_insecure"}, for everybody`,
      ],
      host,
    );
  }
  return problems;
}

/** What is right but may not be meant, a sentence each. */
export function webNotices(settings: WebValues): Phrase[] {
  const isIdle = settings.metrics_host !== undefined && !settings.metrics_port;
  return [
    ...viewNotices(settings),
    ...isIdle ? [phrase`${"metrics_host"} has no effect without ${"metrics_port"}`] : [],
  ];
}

function viewNotices({ visualizer_port, visualizer_insecure, ...settings }: WebValues): Phrase[] {
  const given = Object.keys(settings).filter((name) => /^visualizer_(?!port)/.test(name));
  if (visualizer_insecure !== undefined) given.push("visualizer_insecure");
  if (!visualizer_port) {
    if (settings.max_view_age_ms !== undefined) given.push("max_view_age_ms");
    return given.map((name) => phrase`${name} has no effect without ${"visualizer_port"}`);
  }
  const hasKeys = given.some((name) => /^visualizer_((operate_)?token|user)/.test(name));
  if (visualizer_insecure && hasKeys) {
    return [phrase`${"visualizer_insecure"} has no effect beside a token or a password`];
  }
  return [];
}

/** Whether only this machine reaches the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
