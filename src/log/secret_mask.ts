/** Masks the secrets of many URLs in one pass over a text. */

import { maskSecrets, secretTexts } from "./mask.ts";

/** Characters by which the secrets are looked up; shorter ones are looked for one by one. */
const keyLength = 4;

/** A text that gives a secret away. */
interface Needle {
  readonly text: string;
  /** The URLs that it belongs to, by their numbers, the lowest first. */
  readonly urls: number[];
}

/** Every URL that was added; each line of the log is compared with all of them. */
export class SecretMask {
  readonly #urls: string[] = [];
  readonly #known = new Set<string>();
  readonly #needles = new Map<string, Needle>();
  /** Needles by a hash of how they begin. */
  readonly #byKey = new Map<number, Needle[]>();
  readonly #short: Needle[] = [];

  constructor(urls: Iterable<string> = []) {
    for (const url of urls) this.add(url);
  }

  /** From now on its secrets are masked. */
  add(url: string): void {
    if (this.#known.has(url)) return;
    this.#known.add(url);
    const texts = secretTexts(url);
    if (texts.length === 0) return;
    const number = this.#urls.push(url) - 1;
    for (const text of texts) this.#needle(text).urls.push(number);
  }

  /** What {@link maskSecrets} makes of the text with one URL after the other. */
  mask(text: string): string {
    let masked = text;
    for (let next = this.#first(masked, 0); next < this.#urls.length;) {
      masked = maskSecrets(masked, this.#urls[next]!);
      next = this.#first(masked, next + 1);
    }
    return masked;
  }

  #needle(text: string): Needle {
    const known = this.#needles.get(text);
    if (known !== undefined) return known;
    const needle = { text, urls: [] };
    this.#needles.set(text, needle);
    if (text.length < keyLength) {
      this.#short.push(needle);
    } else {
      const key = keyAt(text, 0);
      const bucket = this.#byKey.get(key);
      if (bucket === undefined) this.#byKey.set(key, [needle]);
      else bucket.push(needle);
    }
    return needle;
  }

  /** The lowest number, `from` or above, of a URL that has a say in the text; else infinite. */
  #first(text: string, from: number): number {
    let first = Infinity;
    const found = ({ urls }: Needle) => {
      if (urls.at(-1)! < from) return;
      first = Math.min(first, urls.find((number) => number >= from)!);
    };
    for (const needle of this.#short) if (text.includes(needle.text)) found(needle);
    for (let at = 0; at + keyLength <= text.length; at++) {
      for (const needle of this.#byKey.get(keyAt(text, at)) ?? []) {
        if (text.startsWith(needle.text, at)) found(needle);
      }
    }
    return first;
  }
}

function keyAt(text: string, at: number): number {
  let key = 0;
  for (let i = at; i < at + keyLength; i++) key = Math.imul(key, 131) + text.charCodeAt(i) | 0;
  return key;
}
