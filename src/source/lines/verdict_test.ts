import assert from "node:assert/strict";
import { sourceConfig } from "../../../tests/support/with_source.ts";
import { parseAddress } from "../address.ts";
import type { SourceConfig } from "../settings.ts";
import type { FfmpegMessage } from "./reason.ts";
import { type Medium, type RunStory, verdict } from "./verdict.ts";

const error = (text: string): FfmpegMessage => ({ level: "error", text });
const info = (text: string): FfmpegMessage => ({ level: "info", text });
const video: Medium = { kind: "video", encoding: "H266" };
const audio: Medium = { kind: "audio", encoding: "PCMU" };
const invalid = error("rtsp://cam/x: Invalid data found when processing input");
const memory: FfmpegMessage = { level: "warning", text: "Cannot allocate memory" };

interface End extends Partial<RunStory> {
  readonly url?: string;
  readonly settings?: Partial<SourceConfig>;
  readonly code?: number;
  readonly signal?: Deno.Signal;
}

function endOf({ url = "rtsp://u:p@cam/x", settings, code = 1, signal, ...story }: End) {
  const config: SourceConfig = { ...sourceConfig, ffmpegMemoryMb: 64, url, ...settings };
  return verdict({
    ...{ address: parseAddress(url), config, messages: [], frames: 0, stalledMs: null },
    ...{ outOfMemory: false, reached: "nothing", polled: false, media: [], ...story },
  }, { success: code === 0, code, signal: signal ?? null });
}

/** A run, and the reason and the words by which an operator is told how it ended. */
const table: readonly (readonly [name: string, end: End, reason: string, words: string])[] = [
  ["there is no ffmpeg", { code: 127, frames: 9 }, "ffmpeg_missing", "no such program in PATH"],
  [
    "it was refused memory",
    { outOfMemory: true, messages: [memory], frames: 9 },
    "memory",
    "it wants more memory than ffmpeg may take",
  ],
  [
    "only sound is offered",
    { media: [audio, { ...audio }], messages: [error("403")] },
    "no_video",
    "there is no video in it, only audio",
  ],
  [
    "sound and words are offered",
    { media: [audio, { ...video, kind: "application" }] },
    "no_video",
    "there is no video in it, only audio and application",
  ],
  [
    "a codec that ffmpeg does not know",
    {
      media: [audio, video],
      messages: [error("Stream #0: unknown codec"), error("Invalid NAL")],
    },
    "codec",
    "ffmpeg cannot decode its codec (H266)",
  ],
  [
    "a codec of which nothing is said",
    {
      messages: [error("Stream #0: unknown codec")],
    },
    "codec",
    "ffmpeg cannot decode its codec",
  ],
  [
    "it says why",
    { media: [video], messages: [error("401 Unauthorized")] },
    "unauthorized",
    "the camera wants other credentials",
  ],
  [
    "it says why when it was given up",
    {
      messages: [error("401 Unauthorized")],
      stalledMs: 5,
    },
    "timeout",
    "no connection within 5 ms",
  ],
  ["no description", { messages: [invalid] }, "invalid_data", "it gave no description of a stream"],
  [
    "a description that is cut off",
    { messages: [invalid], reached: "description" },
    "invalid_data",
    "it is not a video that ffmpeg understands",
  ],
  [
    "a page",
    { url: "http://cam/x", messages: [invalid] },
    "invalid_data",
    "it is not a video that ffmpeg understands",
  ],
  ["ffmpeg was ended", { signal: "SIGSEGV" }, "unknown", "ffmpeg was ended by SIGSEGV"],
  ["nothing came in time", { stalledMs: 12 }, "timeout", "no connection within 12 ms"],
  [
    "nothing came by UDP",
    { url: "udp://239.0.0.1:5", stalledMs: 12 },
    "timeout",
    "nothing came within 12 ms",
  ],
  [
    "nothing came as the SDP says",
    { url: "a.sdp", stalledMs: 12 },
    "timeout",
    "nothing came within 12 ms",
  ],
  [
    "no word in time",
    { reached: "connection", stalledMs: 12 },
    "timeout",
    "it was connected to, but said nothing of a stream within 12 ms",
  ],
  [
    "no picture in time",
    { reached: "description", media: [video], stalledMs: 12 },
    "timeout",
    "it is there, but sent no picture within 12 ms",
  ],
  ["no frame for a while", { frames: 1, stalledMs: 12, code: 0 }, "stalled", "no frame for 12 ms"],
  [
    "no room for pictures",
    { frames: 1, stalledMs: 12, messages: [error("Disk quota exceeded")] },
    "no_space",
    "there is no room for its full-size pictures",
  ],
  [
    "ffmpeg was ended later",
    { frames: 1, signal: "SIGKILL" },
    "connection_lost",
    "ffmpeg was ended by SIGKILL",
  ],
  ["the stream ended", { frames: 1, code: 0 }, "connection_lost", "the stream ended"],
  [
    "a file that breaks off",
    { url: "a.mp4", frames: 1, messages: [invalid] },
    "invalid_data",
    "it is not a video that ffmpeg understands",
  ],
  [
    "a camera that is asked for pictures",
    {
      url: "http://cam/x",
      frames: 1,
      polled: true,
      messages: [error("404 Not Found")],
    },
    "not_found",
    "no such stream",
  ],
];

for (const [name, end, reason, words] of table) {
  Deno.test(`verdict(): ${name}`, () => {
    const found = endOf(end);
    assert.equal(found?.reason, reason);
    assert.ok(found.message.includes(`: ${words}`), found.message);
    assert.doesNotMatch(found.message, /u:p@/);
  });
}

Deno.test("verdict() finds nothing wrong with a file that was read to its end", () => {
  assert.equal(endOf({ url: "a.mp4", frames: 1, code: 0 }), null);
});

Deno.test("verdict() keeps the last words that are more than news", () => {
  const messages = [error("first"), error("last"), info("news")];
  const causeOf = (end: End) => (endOf(end)?.cause as Error | undefined)?.message;
  for (const frames of [0, 1]) assert.equal(causeOf({ messages, stalledMs: 9, frames }), "last");
  assert.equal(causeOf({ messages, frames: 1 }), "last");
  assert.equal(causeOf({ messages: [info("news")], frames: 1 }), "ffmpeg said nothing");
  assert.equal(endOf({ messages: [info("news")], stalledMs: 9 })?.cause, undefined);
  assert.equal(causeOf({ messages: [invalid, info("news")] }), invalid.text);
});

Deno.test("verdict() says what to do about a camera that sends nothing", () => {
  const hintOf = (end: End) => endOf({ stalledMs: 9, ...end })!.hint;
  const udp = { rtspTransport: "udp" } as const;
  assert.match(hintOf({}), /^check the address/);
  assert.match(hintOf({ url: "udp://239.0.0.1:5" }), /through any firewall$/);
  assert.match(hintOf({ reached: "connection" }), /--stall_timeout_ms; else check the port/);
  assert.match(hintOf({ reached: "description", settings: udp }), /, or try --rtsp_transport tcp$/);
  assert.match(hintOf({ reached: "description" }), /--stall_timeout_ms$/);
});

Deno.test("verdict() says that memory may be the cause where the system bounds it", () => {
  const { message } = endOf({ messages: [invalid] })!;
  const isBounded = Deno.build.os === "linux";
  assert.equal(/ 64 MB that ffmpeg may take are not enough$/.test(message), isBounded);
});
