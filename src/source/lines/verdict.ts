/** Why a run of ffmpeg ended, of all that is known of it. */

import { maskUrl } from "../../log/mask.ts";
import type { SourceConfig } from "../settings.ts";
import type { Address } from "../address.ts";
import { ffmpegMissing, notFoundCode } from "../ffmpeg_process.ts";
import { causeAtHome, classify, type FfmpegMessage } from "./reason.ts";
import { SourceError } from "../source.ts";

/** A medium that a camera offers. */
export interface Medium {
  readonly kind: string;
  /** How it is encoded, in the camera's word; null as long as it has not said so. */
  encoding: string | null;
}

/** A run as it went. */
export interface RunStory {
  readonly address: Address;
  readonly config: SourceConfig;
  /** Without secrets, oldest first. */
  readonly messages: readonly FfmpegMessage[];
  /** Frames of all branches. */
  readonly frames: number;
  /** The limit that was passed without a sign of life. */
  readonly stalledMs: number | null;
  /** It was refused memory. */
  readonly outOfMemory: boolean;
  /** How far it came. */
  readonly reached: "nothing" | "connection" | "description";
  /** It asked for one picture after the other. */
  readonly polled: boolean;
  /** What the camera offers, as far as it is known. */
  readonly media: readonly Medium[];
}

/** The error of a run; null when its end is as it should be. */
export function verdict(story: RunStory, status: Deno.CommandStatus): SourceError | null {
  if (status.code === notFoundCode) return ffmpegMissing();
  const { address, messages, frames, stalledMs } = story;
  const name = maskUrl(story.config.url);
  if (story.outOfMemory) return classify(name, messages);
  if (frames === 0) {
    return withoutVideo(name, story) ?? withoutCodec(name, story) ??
      // Invalid data is also what ffmpeg says when it was ended because nothing came.
      (stalledMs !== null
        ? tooLate(name, story)
        : withoutDescription(name, story) ?? classify(name, messages, status.signal));
  }
  const words = messages.findLast(({ level }) => level !== "info")?.text;
  const cause = { cause: new Error(words ?? "ffmpeg said nothing") };
  const atHome = causeAtHome(name, messages);
  if (atHome !== null) return atHome;
  if (stalledMs !== null) {
    return new SourceError(
      "stalled",
      `Cannot go on reading ${name}: no frame for ${stalledMs} ms`,
      "check the camera and the network; if it sends pictures so seldom, give it longer by " +
        "--stall_timeout_ms",
      cause,
    );
  }
  if (status.signal !== null) {
    return new SourceError(
      "connection_lost",
      `Cannot go on reading ${name}: ffmpeg was ended by ${status.signal}`,
      "check whether memory ran out",
      cause,
    );
  }
  if (address.kind === "file") return status.code === 0 ? null : classify(name, messages);
  if (story.polled) return classify(name, messages);
  return new SourceError(
    "connection_lost",
    `Cannot go on reading ${name}: the stream ended`,
    "check the camera and the network",
    cause,
  );
}

/** Servers say what they like when nothing of what they offer is asked for. */
function withoutVideo(name: string, { media }: RunStory): SourceError | null {
  if (media.length === 0 || media.some(({ kind }) => kind === "video")) return null;
  const offered = [...new Set(media.map(({ kind }) => kind))].join(" and ");
  return new SourceError(
    "no_video",
    `Cannot read ${name}: there is no video in it, only ${offered}`,
    "choose a stream that has video",
  );
}

function withoutCodec(name: string, { messages, media }: RunStory): SourceError | null {
  const words = messages.findLast(({ text }) => /: unknown codec$/.test(text))?.text;
  if (words === undefined) return null;
  const encoding = media.find(({ kind }) => kind === "video")?.encoding;
  return new SourceError(
    "codec",
    `Cannot read ${name}: ffmpeg cannot decode its codec${encoding ? ` (${encoding})` : ""}`,
    "set the camera to H.264, or install an ffmpeg that decodes it",
    { cause: new Error(words) },
  );
}

/**
 * ffmpeg has one word for an RTSP server that describes nothing, and for a description for which it
 * gets no memory.
 */
function withoutDescription(
  name: string,
  { address, config, messages, reached }: RunStory,
): SourceError | null {
  if (address.kind !== "rtsp" || reached === "description") return null;
  const words = messages.findLast(({ text }) => /Invalid data found/.test(text))?.text;
  if (words === undefined) return null;
  const { ffmpegMemoryMb } = config;
  const orTooLong = Deno.build.os !== "linux"
    ? ""
    : `, or one for which the ${ffmpegMemoryMb} MB that ffmpeg may take are not enough`;
  return new SourceError(
    "invalid_data",
    `Cannot read ${name}: it gave no description of a stream${orTooLong}`,
    "check the port and the path, and that the camera is what it should be",
    { cause: new Error(words) },
  );
}

/** Nothing came in time, which has other causes the further it came. */
function tooLate(
  name: string,
  { address, reached, stalledMs, messages, config }: RunStory,
): SourceError {
  const words = messages.findLast(({ level }) => level !== "info")?.text;
  const patience = "if it starts on demand, or sends pictures so seldom, give it longer by " +
    "--stall_timeout_ms";
  const overUdp = config.rtspTransport === "udp" ? ", or try --rtsp_transport tcp" : "";
  const [state, hint] = {
    nothing: address.kind === "udp" || address.kind === "sdp"
      ? ["nothing came", "check that it is sent to this machine and port, through any firewall"]
      : ["no connection", "check the address, and that no firewall is in between"],
    connection: [
      "it was connected to, but said nothing of a stream",
      `${patience}; else check the port and the path`,
    ],
    description: [
      "it is there, but sent no picture",
      `${patience}${overUdp}`,
    ],
  }[reached];
  return new SourceError(
    "timeout",
    `Cannot read ${name}: ${state} within ${stalledMs} ms`,
    hint!,
    words === undefined ? {} : { cause: new Error(words) },
  );
}
