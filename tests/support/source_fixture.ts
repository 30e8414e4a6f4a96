/** A process that reads a source until it is killed, and says `frame` at each frame. */

import { framesOf } from "./with_source.ts";

const [url = ""] = Deno.args;
const encoder = new TextEncoder();
for await (const _frame of framesOf({ url })) Deno.stdout.writeSync(encoder.encode("frame\n"));
