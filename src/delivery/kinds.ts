/** Every kind of destination, a line each. */

import type { DestinationKind } from "./destination.ts";
import { webhook } from "./webhook.ts";

/** In the order in which messages name them. */
export const destinationKinds: readonly DestinationKind[] = [
  webhook as unknown as DestinationKind,
];

/** The kind of a URL by its scheme; null when none has it. */
export function kindOfUrl(url: string): DestinationKind | null {
  const [, scheme = ""] = /^([a-z][a-z0-9+.-]*):/i.exec(url) ?? [];
  return destinationKinds.find(({ schemes }) => schemes.includes(scheme.toLowerCase())) ?? null;
}
