/** Every kind of destination, a line each. */

import type { DestinationKind } from "./destination.ts";
import { eventsFile } from "./events_file.ts";
import { kafka } from "./kafka.ts";
import { mqtt } from "./mqtt.ts";
import { nats } from "./nats.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";
import { webhook } from "./webhook.ts";

/** In the order in which messages name them. */
export const destinationKinds: readonly DestinationKind[] = [
  webhook as unknown as DestinationKind,
  eventsFile as unknown as DestinationKind,
  mqtt as unknown as DestinationKind,
  nats as unknown as DestinationKind,
  redis as unknown as DestinationKind,
  kafka as unknown as DestinationKind,
  postgres as unknown as DestinationKind,
];
