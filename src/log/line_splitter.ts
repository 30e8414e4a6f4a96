/** Bytes of a process's stderr into lines. */

/** Nothing we read is longer, and a broken process must not fill memory. */
const longestLine = 8192;

/** Cuts text that arrives in arbitrary pieces into lines, at `\n` or `\r`. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  readonly #longest: number;
  #rest = "";

  /** Characters beyond `longest` are cut off a line. */
  constructor(longest = longestLine) {
    this.#longest = longest;
  }

  /** The lines that `bytes` complete; empty ones are left out. */
  push(bytes: Uint8Array): string[] {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(/[\r\n]+/);
    this.#rest = (lines.pop() ?? "").slice(0, this.#longest);
    return lines.filter((line) => line !== "").map((line) => line.slice(0, this.#longest));
  }

  /** What stands after the last line end. */
  end(): string[] {
    const rest = (this.#rest + this.#decoder.decode()).slice(0, this.#longest);
    this.#rest = "";
    return rest === "" ? [] : [rest];
  }
}
