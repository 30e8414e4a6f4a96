/** `check --connect`: reaches every camera, model and destination once, and says what it found. */

import type { Logger } from "@logtape/logtape";
import type { ResolvedConfig } from "../config/resolve_config.ts";
import { checkDestination } from "../delivery/open_destination.ts";
import { ModelPool } from "../inference/sharing/model_pool.ts";
import { maskUrl } from "../log/mask.ts";
import type { SecretMask } from "../log/secret_mask.ts";
import { ProcessGuard } from "../process_guard.ts";
import type { StreamConfig } from "../stream/settings.ts";
import { SharedDecode } from "../source/shared_decode.ts";
import { describeFailure } from "../stream/describe_failure.ts";

/** One thing that was reached, or not. */
export interface Reached {
  readonly kind: "camera" | "model" | "destination";
  readonly name: string;
  readonly ok: boolean;
  /** What was found, or why it was not reached. */
  readonly found: string;
  readonly ms: number;
}

/** Whatever takes longer is not reached. */
const timeoutMs = 15_000;
/** Any picture will do. */
const format = { width: 64, height: 36, pixelFormat: "gray", fit: "stretch" } as const;

/** Side by side, as each may take its time; nothing is sent that could be taken for an event. */
export async function checkConnect(
  { streams, publicUrl }: ResolvedConfig,
  secrets: SecretMask,
  logger: Logger,
  signal: AbortSignal,
): Promise<Reached[]> {
  await using guard = new ProcessGuard();
  const models = new ModelPool(logger);
  const cameras = [...Map.groupBy(streams, ({ camera }) => camera).values()]
    .map(([stream]) => stream!);
  const asked = new Map(
    streams.flatMap((stream) =>
      [stream, ...stream.secondary === null ? [] : [stream.secondary]]
        .filter(({ inference }) => inference.kind !== "none")
        .map(({ inference }) => [JSON.stringify(inference), { stream, inference }] as const)
    ),
  );
  const destinations = new Map(
    streams.flatMap(({ destinations }) => destinations).map((config) => [config.name, config]),
  );
  const reached = await Promise.all([
    ...cameras.map((stream) =>
      reach("camera", stream.camera, signal, (within) => seePicture(stream, logger, guard, within))
    ),
    ...[...asked.values()].map(async ({ stream, inference }) => {
      await using model = models.open(inference, stream);
      return await reach("model", model.description, signal, async (within) => {
        const { name, version } = await model.metadata({ signal: within });
        return `${name}${version ? `, version ${version}` : ""}`;
      });
    }),
    ...[...destinations.values()].map((config) =>
      reach("destination", config.name, signal, (within) => {
        return checkDestination(config, secrets, { logger, publicUrl, signal: within });
      })
    ),
  ]);
  // What was found is what others say.
  return reached.map(({ found, ...one }) => ({ ...one, found: secrets.mask(found) }));
}

async function seePicture(
  { camera, source }: StreamConfig,
  logger: Logger,
  guard: ProcessGuard,
  signal: AbortSignal,
): Promise<string> {
  await using decode = new SharedDecode({ camera, config: source, logger, guard });
  const frames = decode.subscribe(camera).open(format).frames(signal);
  for await (const _ of frames) return `a picture of ${maskUrl(source.url)}`;
  throw new Error(`no picture of ${maskUrl(source.url)}`);
}

async function reach(
  kind: Reached["kind"],
  name: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<string>,
): Promise<Reached> {
  const beginMs = performance.now();
  const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const since = () => Math.round(performance.now() - beginMs);
  try {
    return { kind, name, ok: true, found: await work(within), ms: since() };
  } catch (error) {
    const isLate = within.aborted && !signal.aborted;
    const found = isLate ? `no answer within ${timeoutMs / 1000} s` : describeFailure(error);
    return { kind, name, ok: false, found, ms: since() };
  }
}
