/** `stdout`, `jsonl:PATH`: where records go. */

import type { SinkConfig } from "./resolved.ts";
import { SettingError } from "../settings/setting.ts";

/** What is allowed, in words. */
export const SINK_ALLOWED = "stdout or jsonl:PATH";

/** The kind stands before the first colon, so that a path may hold more of them. */
export function parseSink(text: string): SinkConfig {
  if (text === "stdout") return { kind: "stdout" };
  const [, path] = /^jsonl:(.*)$/s.exec(text) ?? [];
  if (path === undefined) throw new SettingError();
  if (path === "") throw new SettingError(`names no file, must be ${SINK_ALLOWED}`);
  return { kind: "jsonl", path };
}
