/** A certificate of Sightline's own, for https where none is configured. */

import { join } from "node:path";
import { isIP } from "node:net";
import { X509Certificate } from "node:crypto";
// The library asks for it.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

/** PEM texts, and what a person compares with what the browser shows. */
export interface OwnCertificate {
  readonly cert: string;
  readonly key: string;
  /** SHA-256, bytes in hexadecimal with colons between them. */
  readonly fingerprint: string;
  readonly expiresAt: Date;
}

const dayMs = 86_400_000;
/** Browsers take none that lasts longer. */
const validDays = 825;
/** One that is kept is made anew when so little is left of it. */
const renewDays = 30;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/**
 * The certificate that lies in the folder, or a new one, which is kept there: who has trusted it once
 * need not do so again at each start. Without a folder it lasts as long as the process.
 */
export async function ownCertificate(
  folder: string | null,
  hosts: readonly string[],
  nowMs: number = Date.now(),
): Promise<OwnCertificate> {
  const kept = folder === null ? null : await read(folder);
  const isGood = kept !== null && kept.expiresAt.getTime() - nowMs > renewDays * dayMs &&
    hosts.every((host) => covers(kept.cert, host));
  if (isGood) return kept;
  const made = await make(hosts, nowMs);
  if (folder !== null) await write(folder, made);
  return made;
}

async function make(hosts: readonly string[], nowMs: number): Promise<OwnCertificate> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const names = [...new Set(["localhost", "127.0.0.1", "::1", ...hosts])];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: crypto.getRandomValues(new Uint8Array(16)).toHex().replace(/^./, "7"),
    name: "CN=Sightline",
    // Clocks differ a little.
    notBefore: new Date(nowMs - dayMs),
    notAfter: new Date(nowMs + (validDays - 1) * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? "dns" as const : "ip" as const, value })),
      ),
    ],
  });
  const der = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  return told(certificate.toString("pem"), pem("PRIVATE KEY", der));
}

function pem(label: string, der: Uint8Array): string {
  const lines = der.toBase64().match(/.{1,64}/g)!.join("\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

function told(cert: string, key: string): OwnCertificate {
  const { fingerprint256: fingerprint, validTo } = new X509Certificate(cert);
  return { cert, key, fingerprint, expiresAt: new Date(validTo) };
}

function covers(cert: string, host: string): boolean {
  const certificate = new x509.X509Certificate(cert);
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  return names.some(({ value }) => value === host);
}

/** Null when there is none, or none that can be used. */
async function read(folder: string): Promise<OwnCertificate | null> {
  try {
    const [cert, key] = await Promise.all([
      Deno.readTextFile(join(folder, "cert.pem")),
      Deno.readTextFile(join(folder, "key.pem")),
    ]);
    return told(cert, key);
  } catch {
    return null;
  }
}

async function write(folder: string, { cert, key }: OwnCertificate): Promise<void> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(join(folder, "key.pem"), key, { mode: 0o600 });
  await Deno.writeTextFile(join(folder, "cert.pem"), cert);
}
