/** What a configuration comes to: every setting that holds, and the ffmpeg of each camera. */

import type { UserConfig } from "../config/resolve_config.ts";
import type { StreamConfig } from "../stream/settings.ts";
import { processSettings, streamSettings } from "../config/settings.ts";
import { modelSettings } from "../inference/settings.ts";
import type { SettingTable } from "../settings/setting.ts";
import { maskAddress, maskUrl } from "../log/mask.ts";
import { isSecretName, isSecretValue } from "../log/secret_names.ts";
import type { FrameFormat } from "../frame/frame.ts";
import { parseAddress } from "../source/address.ts";
import { ffmpegArgs } from "../source/ffmpeg_args.ts";
import type { BranchFormat } from "../source/filters.ts";

/** One setting. */
export interface EffectiveSetting {
  readonly name: string;
  /** Without secrets. */
  readonly value: unknown;
  /** It was not given. */
  readonly isDefault: boolean;
}

/** Of the process. */
export function effectiveProcess({ process }: UserConfig): EffectiveSetting[] {
  return effective(processSettings, process);
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
  const { stream_name: _name, ...table } = streamSettings;
  return effective(table, given)
    .filter(({ name, isDefault }) => !isDefault || !idle.has(name));
}

function effective(
  table: SettingTable,
  given: Readonly<Record<string, unknown>>,
): EffectiveSetting[] {
  return Object.entries(table).flatMap(([name, setting]) => {
    const { default: fallback, secret } = setting;
    const isDefault = given[name] === undefined;
    const value = isDefault ? fallback : given[name];
    if (value === undefined) return [];
    const shown = secret === "whole" && !isReference(value)
      ? "***"
      : withoutSecrets(value, name === "sink" || name === "output" ? maskAddress : maskUrl);
    return { name, value: shown, isDefault };
  });
}

/** A variable's name is no secret, and tells where the value comes from. */
function isReference(value: unknown): boolean {
  return typeof value === "string" && /^\$\{\w+\}$/.test(value);
}

const secretKey = /pass|pwd|token|secret|key|auth|credential/i;

/** Credentials in URLs, and whatever stands behind a name that sounds like one, become `***`. */
export function withoutSecrets(value: unknown, mask: (url: string) => string = maskUrl): unknown {
  if (typeof value === "string") return isSecretValue(value) ? "***" : mask(value);
  if (Array.isArray(value)) return value.map((one) => withoutSecrets(one, mask));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const isSecret = typeof inner === "string"
        ? secretKey.test(key) || isSecretName(key)
        : typeof inner === "number" && isSecretName(key);
      return [key, isSecret && !isReference(inner) ? "***" : withoutSecrets(inner, mask)];
    }),
  );
}

/** What only model and use case know; a server that takes JPEG gets JPEG. */
function unknownFormat({ binaryInput }: StreamConfig): BranchFormat {
  const pixelFormat = binaryInput ? "jpeg" : "<pixel format>";
  return { width: "<width>", height: "<height>", pixelFormat, fit: "stretch" };
}

/**
 * Arguments for one camera, whose streams share the process. `formats` are those that are known, by
 * stream; the place of what is not known is taken by words in `<>`, as is that of sockets, which are
 * made anew each time.
 */
export function effectiveFfmpeg(
  streams: readonly StreamConfig[],
  formats: ReadonlyMap<string, FrameFormat>,
  visible: boolean,
): string[] {
  const [first] = streams as [StreamConfig, ...StreamConfig[]];
  const address = parseAddress(first.source.url);
  return ffmpegArgs({
    address,
    config: first.source,
    branches: streams.map((stream) => ({
      format: formats.get(stream.name) ?? unknownFormat(stream),
      socket: `<socket of ${stream.name}>`,
    })),
    motionSocket: first.source.motion === null ? undefined : "<socket of the motion gate>",
    fullPictures: streams.some(({ secondary }) => secondary !== null)
      ? "<pictures of full size>/%d"
      : undefined,
    tapSocket: visible && address.kind !== "device" ? "<socket of the live view>" : null,
  });
}
