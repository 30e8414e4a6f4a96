/** What holds for process and streams, as a configuration file would say it. */

import type { UserConfig } from "../config/resolve_config.ts";
import type { StreamConfig } from "../config/resolved.ts";
import {
  modelSettings,
  processDefaults,
  processSettings,
  streamDefaults,
  streamSettings,
} from "../config/settings.ts";
import { maskUrl } from "../log/mask.ts";

/** One setting. */
export interface EffectiveSetting {
  readonly name: string;
  /** Without secrets. */
  readonly value: unknown;
  /** Nobody said it. */
  readonly isDefault: boolean;
}

/** Of the process. */
export function effectiveProcess({ process }: UserConfig): EffectiveSetting[] {
  return effective(Object.keys(processSettings), process, processDefaults);
}

/** Of one stream; settings that its kind of model does not have are left out. */
export function effectiveStream(
  given: Readonly<Record<string, unknown>>,
  { inference }: StreamConfig,
): EffectiveSetting[] {
  const idle: ReadonlySet<string> = new Set(
    inference.kind === "server"
      ? ["no_model"]
      : inference.kind === "onnx"
      ? ["no_model", "model_version", "api", "binary_input"]
      : Object.keys(modelSettings).filter((name) => name !== "no_model"),
  );
  const names = Object.keys(streamSettings).filter((name) => name !== "stream_name");
  return effective(names, given, streamDefaults)
    .filter(({ name, isDefault }) => !isDefault || !idle.has(name));
}

function effective(
  names: readonly string[],
  given: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
): EffectiveSetting[] {
  return names.flatMap((name) => {
    const isDefault = given[name] === undefined;
    const value = isDefault ? defaults[name] : given[name];
    if (value === undefined) return [];
    return { name, value: withoutSecrets(value), isDefault };
  });
}

const secretKey = /pass|pwd|token|secret|key|auth|credential/i;

/** Credentials in URLs, and whatever stands behind a name that sounds like one, become `***`. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === "string") return maskUrl(value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      // A variable's name is no secret, and tells where the value comes from.
      const isShown = typeof inner !== "string" || /^\$\{\w+\}$/.test(inner);
      return [key, secretKey.test(key) && !isShown ? "***" : withoutSecrets(inner)];
    }),
  );
}
