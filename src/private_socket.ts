/** A Unix socket to a child process, since `Deno.Command` offers no pipes beside the standard streams. */

import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { FolderGuard } from "./process_guard.ts";

/** A socket in a directory that only our user may enter, for one connection. */
export class PrivateSocket implements AsyncDisposable {
  readonly path: string;
  readonly #listener: Deno.UnixListener;
  readonly #guard: FolderGuard;

  private constructor(path: string, guard: FolderGuard) {
    this.path = path;
    this.#listener = Deno.listen({ transport: "unix", path });
    this.#guard = guard;
    guard.addFolder(dirname(path));
  }

  /** Whether Sightline may listen wherever it likes. */
  static get mayBeAnywhere(): boolean {
    return (["net", "write"] as const)
      .every((kind) => Deno.permissions.querySync({ name: kind }).state === "granted");
  }

  /**
   * Deno scopes sockets by their whole path. So one that has a name lies at {@link fixedSocketPath}
   * where Sightline may not listen wherever it likes.
   * @throws when this machine has no place for it.
   */
  static open(guard: FolderGuard, name?: string): PrivateSocket {
    const path = name === undefined || PrivateSocket.mayBeAnywhere
      ? join(Deno.makeTempDirSync({ prefix: "sightline-" }), "socket")
      : cleared(fixedSocketPath(name));
    try {
      return new PrivateSocket(path, guard);
    } catch (error) {
      Deno.removeSync(dirname(path), { recursive: true });
      throw error;
    }
  }

  /**
   * Accepts the first connection, and closes the listener after it. Null when the socket was closed
   * before.
   */
  async accept(): Promise<Deno.UnixConn | null> {
    try {
      return await this.#listener.accept();
    } catch {
      return null;
    } finally {
      this.close();
    }
  }

  /**
   * Has an `accept()` that still waits give a connection without bytes. Unlike closing, it loses no
   * connection that was made a moment before.
   */
  async wake(): Promise<void> {
    try {
      (await Deno.connect({ transport: "unix", path: this.path })).close();
    } catch {
      // It waits no longer.
    }
  }

  /** Accepts no more connections. */
  close(): void {
    try {
      this.#listener.close();
    } catch {
      // It was closed before.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await Deno.remove(dirname(this.path), { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    this.#guard.removeFolder(dirname(this.path));
  }
}

/** Where a socket lies whose path had to be known before Sightline started. */
export function fixedSocketPath(name: string): string {
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 16);
  return join(tmpdir(), `sightline-${hash}`, "socket");
}

/** Makes the directory anew; one of another user, who could be listening in it, stays and throws. */
function cleared(path: string): string {
  const directory = dirname(path);
  try {
    Deno.removeSync(directory, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  Deno.mkdirSync(directory, { mode: 0o700 });
  return path;
}
