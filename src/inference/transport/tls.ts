/** Reads the PEM files of a TLS configuration. */

import { InferenceError, type TlsConfig } from "../inference.ts";

/** Texts of the PEM files; null where none is configured. */
export interface TlsFiles {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** @throws {InferenceError} `unavailable` when a file cannot be read */
export async function readTlsFiles(tls: TlsConfig): Promise<TlsFiles> {
  const [ca, cert, key] = await Promise.all([
    read("certificate authority", tls.caFile),
    read("client certificate", tls.certFile),
    read("client key", tls.keyFile),
  ]);
  return { ca, cert, key };
}

async function read(what: string, path: string | null): Promise<string | null> {
  if (path === null) return null;
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new InferenceError(
      "unavailable",
      `Cannot read ${what} ${path}: ${(cause as Error).message}`,
      "Check --tls_ca, --tls_cert and --tls_key.",
      { cause },
    );
  }
}
