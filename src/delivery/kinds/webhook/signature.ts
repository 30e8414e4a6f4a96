/** Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body. */

/** Secrets, one on each line: base64 with or without `whsec_` before it. The first is the newest. */
export function parseSecrets(text: string): Uint8Array<ArrayBuffer>[] {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  if (lines.length === 0) throw new TypeError("Cannot read the secret: its file is empty");
  return lines.map((line) => {
    try {
      return Uint8Array.fromBase64(line.replace(/^whsec_/, ""));
    } catch {
      throw new TypeError("Cannot read the secret: it must be whsec_ and base64");
    }
  });
}

/** `v1,…` for each secret, separated by spaces, so that a key can be exchanged without a gap. */
export async function signatures(
  secrets: readonly Uint8Array<ArrayBuffer>[],
  id: string,
  seconds: number,
  body: string,
): Promise<string> {
  const signed = new TextEncoder().encode(`${id}.${seconds}.${body}`);
  const all = secrets.map(async (secret) => {
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", secret, hmac, false, ["sign"]);
    const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, signed));
    return `v1,${signature.toBase64()}`;
  });
  return (await Promise.all(all)).join(" ");
}
