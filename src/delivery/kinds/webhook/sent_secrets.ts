/** Secrets of a request, by which the words of its answer are masked. */

import { maskAddress } from "../../../log/mask.ts";

/** What a receiver may say again of a request, and that is a secret; longest first. */
export function sentSecrets({ href }: URL, authorization: string | null): string[] {
  const shown = new Set(maskAddress(href).split(/[/?#&=]/));
  const hidden = href.split(/[/?#&=]/).filter((word) => !shown.has(word));
  const words = hidden.flatMap((word) => [word, word.replace(/^bot(?=\d+:)/, ""), decoded(word)]);
  // A header may be a key without a scheme.
  const [scheme = "", ...credentials] = authorization?.split(/\s+/) ?? [];
  if (/^basic$/i.test(scheme)) credentials.push(...basicSecrets(credentials[0] ?? ""));
  const sent = [...words, authorization ?? "", ...credentials];
  // JSON may have its slashes escaped.
  const secrets = new Set(sent.flatMap((word) => [word, word.replaceAll("/", "\\/")]));
  return [...secrets].filter(({ length }) => length >= 4).sort((a, b) => b.length - a.length);
}

/** User with password, and the password, of a Basic header. */
function basicSecrets(base64: string): string[] {
  try {
    const pair = new TextDecoder().decode(Uint8Array.fromBase64(base64));
    return [pair, pair.slice(pair.indexOf(":") + 1)];
  } catch {
    return [];
  }
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
