/** TLS towards destinations: settings, and the files that they name. */

import { file } from "../../settings/paths.ts";
import { toggle } from "../../settings/setting.ts";
import type { ValuesOf } from "../../settings/setting.ts";
import { readFile } from "../read_file.ts";

const group = "Results and limits";
const fileAllowed = "the path of a PEM file";

/** What a destination's map may hold for `https`, `mqtts`, `rediss`, `tls`, `kafkas` and `postgres`. */
export const tlsSettings = {
  tls_ca: file(fileAllowed, {
    group,
    value: "FILE",
    help: "PEM: trust a server with this certificate, or one signed by it",
  }),
  tls_cert: file(fileAllowed, {
    group,
    value: "FILE",
    help: "PEM: the certificate of this client, for servers that ask for one",
  }),
  tls_key: file(fileAllowed, { group, value: "FILE", help: "PEM: its private key" }),
  tls_insecure: toggle({ group, help: "trust a server whatever its certificate" }),
} as const;

/** Values of {@link tlsSettings}. */
export type TlsSettings = ValuesOf<typeof tlsSettings>;

/** What Node's `tls.connect` takes. */
export interface ConnectTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized: boolean;
}

/** What is wrong with them together; null when nothing is. */
export function checkTls({ tls_cert, tls_key }: TlsSettings): string | null {
  if ((tls_cert === undefined) === (tls_key === undefined)) return null;
  return "has one of tls_cert and tls_key, must have both or none";
}

/** Paths of the files. */
export function tlsNeeds({ tls_ca, tls_cert, tls_key }: TlsSettings): string[] {
  return [tls_ca, tls_cert, tls_key].filter((file) => file !== undefined);
}

/** Reads the files, anew for each connection, so that certificates may be renewed meanwhile. */
export async function readTls(settings: TlsSettings): Promise<ConnectTls> {
  const { tls_ca, tls_cert, tls_key, tls_insecure = false } = settings;
  const [ca, cert, key] = await Promise.all(
    [tls_ca, tls_cert, tls_key].map((path) => path === undefined ? undefined : readFile(path)),
  );
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    rejectUnauthorized: !tls_insecure,
  };
}
