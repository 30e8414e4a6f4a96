/** What a person who helps has to see: one ZIP file, without secrets. */

import { strToU8, zipSync } from "fflate";
import project from "../../../deno.json" with { type: "json" };
import { maskText } from "../../log/mask.ts";
import { maskConfig } from "./mask_config.ts";

/** Where the bundle comes from. */
export interface BundleSources {
  /** The complete configuration; secrets are masked here. */
  readonly config: () => unknown;
  /** The last lines of the log, masked when they were written. */
  readonly log: () => readonly string[];
  /** The text that Prometheus reads. */
  readonly metrics: () => Promise<string>;
  /** As `/api/health` has it. */
  readonly health: unknown;
}

/** The bytes of the file. */
export async function supportBundle(
  { config, log, metrics, health }: BundleSources,
): Promise<Uint8Array<ArrayBuffer>> {
  const json = (value: unknown) => strToU8(JSON.stringify(value, null, 2) + "\n");
  return zipSync({
    "versions.json": json(await versions()),
    "config.json": json(maskConfig(config())),
    // Addresses of outputs are labels in there.
    "health.json": strToU8(maskText(JSON.stringify(health, null, 2) + "\n")),
    "metrics.txt": strToU8(maskText(await metrics())),
    // What plugins write is in no list of secrets.
    "log.txt": strToU8(maskText(log().join(""))),
  }) as Uint8Array<ArrayBuffer>;
}

async function versions() {
  return {
    sightline: project.version,
    ...Deno.version,
    build: Deno.build.target,
    standalone: Deno.build.standalone,
    ffmpeg: await ffmpegVersion(),
    processors: navigator.hardwareConcurrency,
    memory: Deno.memoryUsage(),
  };
}

/** Null where it cannot be asked. */
async function ffmpegVersion(): Promise<string | null> {
  try {
    const { stdout } = await new Deno.Command("ffmpeg", {
      args: ["-version"],
      stdin: "null",
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout).split("\n", 1)[0] ?? null;
  } catch {
    return null;
  }
}
