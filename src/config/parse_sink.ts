/** `stdout`, `jsonl:PATH`, the URL of a destination: where records and events go. */

import { isDestinationUrl, parseDestination } from "../delivery/destination_config.ts";
import type { Problem } from "../settings/problem.ts";
import { SettingError } from "../settings/setting.ts";
import type { SinkSetting } from "./resolved.ts";

/** What is allowed, in words. */
export const SINK_ALLOWED =
  "stdout, jsonl:PATH, or a URL of docs/delivery.md such as https://host/path";

/** The kind stands before the first colon, so that a path may hold more of them. */
export function parseSink(text: string): SinkSetting {
  if (text === "stdout") return { kind: "stdout" };
  if (isDestinationUrl(text)) {
    const problems: Problem[] = [];
    const destination = parseDestination(text, problems);
    if (destination === null) throw new SettingError(problems[0]!.message);
    return { kind: "destination", destination };
  }
  const [, path] = /^jsonl:(.*)$/s.exec(text) ?? [];
  if (path === undefined) throw new SettingError();
  if (path === "") throw new SettingError(`names no file, must be ${SINK_ALLOWED}`);
  return { kind: "jsonl", path };
}
