/** A way from ffmpeg to us beside its stdout: a child of `Deno.Command` has no further pipes. */

/** A socket in a directory that only our user may enter, for one connection. */
export class PrivateSocket implements AsyncDisposable {
  readonly #directory: string;
  readonly #listener: Deno.UnixListener;

  private constructor(directory: string, listener: Deno.UnixListener) {
    this.#directory = directory;
    this.#listener = listener;
  }

  /** @throws when this machine has no place for it. */
  static async open(): Promise<PrivateSocket> {
    const directory = await Deno.makeTempDir({ prefix: "sightline-" });
    try {
      const path = `${directory}/socket`;
      return new PrivateSocket(directory, Deno.listen({ transport: "unix", path }));
    } catch (error) {
      await Deno.remove(directory, { recursive: true });
      throw error;
    }
  }

  get path(): string {
    return `${this.#directory}/socket`;
  }

  /** The connection, as soon as somebody comes; null when the socket was closed before. */
  async accept(): Promise<Deno.UnixConn | null> {
    try {
      return await this.#listener.accept();
    } catch {
      return null;
    }
  }

  /** Nobody may come any more. */
  close(): void {
    try {
      this.#listener.close();
    } catch {
      // It was closed before.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await Deno.remove(this.#directory, { recursive: true });
  }
}
