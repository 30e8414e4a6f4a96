/** Every kind of destination, a line each. */

import type { DestinationKind } from "./destination.ts";
import { eventsFile } from "./kinds/events_file.ts";
import { kafka } from "./kinds/kafka.ts";
import { mqtt } from "./kinds/mqtt/mqtt.ts";
import { nats } from "./kinds/nats.ts";
import { postgres } from "./kinds/postgres.ts";
import { redis } from "./kinds/redis.ts";
import { webhook } from "./kinds/webhook/webhook.ts";

/** In the order in which messages name them. */
export const destinationKinds: readonly DestinationKind[] = [
  webhook,
  eventsFile,
  mqtt,
  nats,
  redis,
  kafka,
  postgres,
];
