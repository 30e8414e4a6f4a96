/**
 * `plugin_child`: the child process of a compiled binary, which cannot give itself fewer permissions
 * than it was compiled with. So it keeps the plugin in a Worker, and carries messages between that
 * and the pipes; memory and time are limited from outside, as for any child.
 */

import type { Permissions } from "../use_case/permissions.ts";
import type { WireMessage } from "../use_case/wire/messages.ts";
import { fromPipe, toPipe } from "../use_case/wire/pipe_frames.ts";
import { openWorkerLink } from "../use_case/hosts/worker_link.ts";
import { printError } from "./print.ts";

/** Arguments: the URL of the module, what is granted as JSON, and megabytes of memory, which are watched from outside. */
export async function pluginChild([module, granted]: string[]): Promise<number> {
  const ended = Promise.withResolvers<number>();
  const link = openWorkerLink(module!, JSON.parse(granted!) as Permissions, {
    // The host checks what it reads: here a message is only carried.
    admit: () => {},
    onMessage: (message) => write(message as WireMessage),
    onLine: printError,
    onEnd: (reason) => {
      printError(`error: ${reason}`);
      ended.resolve(1);
    },
  });
  carry(link.post).then(() => ended.resolve(0));
  return await ended.promise;
}

async function carry(post: (message: WireMessage) => void): Promise<void> {
  for (;;) {
    const message = await fromPipe(readExactly);
    if (message === null) return;
    post(message);
  }
}

async function readExactly(byteLength: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const bytes = new Uint8Array(byteLength);
  for (let at = 0; at < byteLength;) {
    const count = await Deno.stdin.read(bytes.subarray(at));
    if (count === null) return null;
    at += count;
  }
  return bytes;
}

function write(message: WireMessage): void {
  for (const part of toPipe(message).onPipe) {
    for (let at = 0; at < part.byteLength;) at += Deno.stdout.writeSync(part.subarray(at));
  }
}
