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
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    // ffmpeg ends most lines with \n, and splitting at one character is many times faster.
    const pieces = text.includes("\r") ? text.split(/[\r\n]+/) : text.split("\n");
    this.#rest = this.#cut(pieces.pop() ?? "");
    const lines: string[] = [];
    for (const piece of pieces) if (piece !== "") lines.push(this.#cut(piece));
    return lines;
  }

  /** What stands after the last line end. */
  end(): string[] {
    const rest = this.#cut(this.#rest + this.#decoder.decode());
    this.#rest = "";
    return rest === "" ? [] : [rest];
  }

  #cut(text: string): string {
    return text.length > this.#longest ? text.slice(0, this.#longest) : text;
  }
}
