/** The packets of a file, as those of a camera are kept. */

import { PacketRing } from "../../src/media/packet_ring.ts";
import { tapOffsetMs } from "../../src/source/ffmpeg_args.ts";
import { TapReader } from "../../src/source/tap_reader.ts";

/** A ring with all packets of a file; `codec` is what ffmpeg calls it. */
export async function ringOf(file: string, codec: string): Promise<PacketRing> {
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-i", file, "-c", "copy", "-f", "nut", "-write_index", "0"],
      ...["-output_ts_offset", `${tapOffsetMs / 1000}`, "pipe:1"],
    ],
  }).output();
  const ring = new PacketRing(() => ({ seconds: 3600, bytes: Infinity }), () => {});
  const reader = new TapReader({
    begin: () => {},
    describe: (parameters) => ring.describe(parameters),
    write: (packet) => ring.push(packet),
  }, codec);
  ring.begin();
  reader.push(stdout);
  return ring;
}
