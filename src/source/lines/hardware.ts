/** Whether pictures are decoded by hardware, as far as ffmpeg shows it. */

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
