/** Every kind of destination, a line each. */

import type { DestinationKind } from "./destination.ts";
import { eventsFile } from "./events_file.ts";
import { webhook } from "./webhook.ts";

/** In the order in which messages name them. */
export const destinationKinds: readonly DestinationKind[] = [
  webhook as unknown as DestinationKind,
  eventsFile as unknown as DestinationKind,
];
