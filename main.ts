/** Sightline: from a camera to events. */

import { main } from "./src/cli/cli.ts";

Deno.exit(await main(Deno.args));
