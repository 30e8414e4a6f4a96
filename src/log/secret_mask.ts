/** Masks all secrets of the settings in one pass over a text. */

import { maskSecrets, secretTexts, shortestSecret } from "./mask.ts";

/** Characters by which the secrets are looked up; shorter ones are looked for one by one. */
const keyLength = 4;

/** A text that gives a secret away. */
interface Needle {
  readonly text: string;
  /** The secrets that it belongs to, by their numbers, the lowest first. */
  readonly secrets: number[];
}

/** What is known of secrets: URLs that may hold some, and words that are one. */
export interface Secrets {
  readonly urls: readonly string[];
  readonly words: readonly string[];
}

/**
 * Every secret that was added. What others write (cameras, servers, plugins) is masked by it before
 * it stands in the log, in an event, on a page or in the state of a destination.
 */
export class SecretMask {
  /** What takes each of them out of a text. */
  readonly #masks: ((text: string) => string)[] = [];
  readonly #known = new Set<string>();
  readonly #needles = new Map<string, Needle>();
  /** Needles by a hash of how they begin. */
  readonly #byKey = new Map<number, Needle[]>();
  readonly #short: Needle[] = [];

  constructor(secrets: Partial<Secrets> = {}) {
    this.add(secrets);
  }

  /** From now on these are masked; a word that is too short would be found in any text. */
  add({ urls = [], words = [] }: Partial<Secrets>): void {
    for (const url of urls) {
      this.#add(url, secretTexts(url), (text) => maskSecrets(text, url));
    }
    for (const word of words.filter(({ length }) => length >= shortestSecret)) {
      this.#add(`word ${word}`, [word], (text) => text.replaceAll(word, "***"));
    }
  }

  /** What one secret after the other makes of the text, as {@link maskSecrets} does with a URL. */
  readonly mask = (text: string): string => {
    let masked = text;
    for (let next = this.#first(masked, 0); next < this.#masks.length;) {
      masked = this.#masks[next]!(masked);
      next = this.#first(masked, next + 1);
    }
    return masked;
  };

  #add(key: string, texts: readonly string[], mask: (text: string) => string): void {
    if (this.#known.has(key)) return;
    this.#known.add(key);
    if (texts.length === 0) return;
    const number = this.#masks.push(mask) - 1;
    for (const text of texts) this.#needle(text).secrets.push(number);
  }

  #needle(text: string): Needle {
    const known = this.#needles.get(text);
    if (known !== undefined) return known;
    const needle = { text, secrets: [] };
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

  /** The lowest number, `from` or above, of a secret that stands in the text; else infinite. */
  #first(text: string, from: number): number {
    let first = Infinity;
    const found = ({ secrets }: Needle) => {
      if (secrets.at(-1)! < from) return;
      first = Math.min(first, secrets.find((number) => number >= from)!);
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
