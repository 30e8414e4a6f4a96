/** The guest in a child process: it reads messages on standard input and writes them to standard output. */

import { encode, Guest } from "./guest.ts";
import { connectSideChannel } from "./connect_side_channel.ts";
import { prepareGlobals } from "./prepare_globals.ts";
import { callOf, type FromGuest } from "../wire/messages.ts";
import { fromPipe, type ReadExactly, toPipe } from "../wire/pipe_frames.ts";

const { stdin, stdout, exit } = Deno;
const writeSync = stdout.writeSync.bind(stdout);
const read = stdin.read.bind(stdin);
const readSync = stdin.readSync.bind(stdin);

const side = await connectSideChannel(Deno.args);

function post(message: FromGuest, buffers: readonly Uint8Array<ArrayBuffer>[] = []): void {
  const { onPipe, aside } = toPipe(
    { header: encode(message), buffers, ...callOf(message) },
    side !== null,
  );
  // Synchronous, so that a plugin that spins right after it printed has printed.
  for (const part of onPipe) {
    for (let at = 0; at < part.byteLength;) at += writeSync(part.subarray(at));
  }
  side?.write(aside);
}

const guest = new Guest(post);
prepareGlobals(post, guest.log, guest.strays);

/**
 * Waits for a message, then takes all of it at once: it is on its way, a pipe hands out 64 KB at a
 * time, and each would be a turn through another thread.
 */
const readExactly: ReadExactly = async function readExactly(byteLength, begun) {
  const bytes = new Uint8Array(byteLength);
  for (let at = 0; at < byteLength;) {
    const rest = bytes.subarray(at);
    const count = begun ? readSync(rest) : await read(rest);
    if (count === null) return null;
    at += count;
  }
  return bytes;
};

/** Called by the entry, once the plugin's module has run; ends the process when the host is gone. */
export async function serve(namespace: Readonly<Record<string, unknown>>): Promise<void> {
  guest.start(namespace);
  for (;;) {
    const message = await fromPipe(readExactly, side?.read);
    if (message === null) return exit(0);
    guest.receive(message);
  }
}

/** Called by the entry in place of {@link serve}, when the plugin's module did not run to its end. */
export function fail(error: unknown): void {
  guest.fail(error);
}
