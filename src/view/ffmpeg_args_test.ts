import assert from "node:assert/strict";
import { decoderArgs, encoderArgs } from "./ffmpeg_args.ts";

Deno.test("decoderArgs() and encoderArgs() use pipes only", () => {
  for (
    const args of [
      decoderArgs({ size: "full", display: null, isWhole: true }, "pipe:1"),
      decoderArgs({
        size: "small",
        display: { turn: 90, flipped: true, pixelRatio: "8:11" },
        isWhole: true,
      }, "pipe:1"),
      encoderArgs({ width: 64, height: 48 }, "pipe:0"),
    ]
  ) {
    assert.equal(args[args.indexOf("-i") + 1], "pipe:0");
    assert.equal(args.at(-1), "pipe:1");
  }
});
