/** Whether pictures are decoded by hardware, as far as ffmpeg shows it. */

import type { Logger } from "@logtape/logtape";
import type { FfmpegMessage } from "./reason.ts";

/** What ffmpeg says of hardware, in whatever words. */
const aboutHardware = /hwaccel|hardware|No support for codec|device/i;

/**
 * Whether pictures laid out like this come from hardware: what is fetched from its memory has its
 * colours interleaved (`nv12`, `p010le`), or is still a name for that memory (`vaapi`); ffmpeg's own
 * decoders give neither.
 */
export function isFromHardware(pixels: string): boolean {
  return /^(nv\d|p[024]1)/.test(pixels) || memories.has(pixels);
}

/** Pictures that never left the hardware. */
const memories = new Set([
  ...["vaapi", "cuda", "qsv", "vdpau", "videotoolbox_vld", "d3d11", "d3d12", "dxva2_vld"],
  ...["drm_prime", "vulkan", "opencl", "mediacodec"],
]);

/** Why ffmpeg did not take the hardware, in its own words; null = it did not say. */
export function whyNoHardware(messages: readonly FfmpegMessage[]): string | null {
  return messages.findLast(({ text }) => aboutHardware.test(text))?.text ?? null;
}

/** Says whether the hardware that was asked for is at work, when that is known or changes. */
export class HardwareReport {
  readonly #hwaccel: string | null;
  readonly #logger: Logger;
  #isUsed: boolean | null = null;

  /** `hwaccel` null: none was asked for, and nothing is said. */
  constructor(hwaccel: string | null, logger: Logger) {
    this.#hwaccel = hwaccel;
    this.#logger = logger;
  }

  /** A decoder began; `pixels` is how its pictures are laid out. */
  decoded(pixels: string, messages: readonly FfmpegMessage[]): void {
    const found = isFromHardware(pixels);
    if (this.#hwaccel === null || found === this.#isUsed) return;
    this.#isUsed = found;
    if (found) {
      this.#logger.info("ffmpeg decodes on hardware ({hwaccel}): pictures come as {pixels}", {
        hwaccel: this.#hwaccel,
        pixels,
      });
    } else {
      this.#logger.warn("ffmpeg decodes on the CPU, though --hwaccel is {hwaccel}: {words}", {
        hwaccel: this.#hwaccel,
        words: whyNoHardware(messages) ?? "it cannot decode this stream so",
      });
    }
  }
}
