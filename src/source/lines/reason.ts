/** Why a source ended, judged by what ffmpeg wrote last. */

import type { FfmpegLevel } from "./ffmpeg_line.ts";
import { SourceError, type SourceReason } from "../source.ts";

/** A message of ffmpeg's. */
export interface FfmpegMessage {
  readonly level: FfmpegLevel;
  readonly text: string;
}

/** What the operator does about an ffmpeg that is not there, or too old. */
export const installHint = "install ffmpeg 5.1 or newer (apt install ffmpeg, brew install ffmpeg)";

interface Rule {
  readonly pattern: RegExp;
  readonly reason: SourceReason;
  /** What is the case, in our words; ends the sentence "Cannot read URL: …". `$1` is a group. */
  readonly state: string;
  readonly hint: string;
  /** Its cause is with us, whatever the camera does. */
  readonly atHome?: true;
}

/** Whether it says that there was no more memory. */
export function isOutOfMemory(text: string): boolean {
  return outOfMemory.test(text);
}

const outOfMemory = /Cannot allocate memory|Could not allocate|\bget_buffer\(\) failed/;

/** First match wins, so what names a cause stands before what names its effect. */
const rules: readonly Rule[] = [
  {
    pattern: /Unrecognized option 'fps_mode'|Option fps_mode not found/,
    reason: "ffmpeg_missing",
    state: "this ffmpeg is too old",
    hint: installHint,
  },
  {
    pattern: /Unrecognized hwaccel: ([^\s.]+)/,
    reason: "hardware",
    state: "this ffmpeg knows no hardware decoding called $1",
    hint: "see ffmpeg -hwaccels, or leave out --hwaccel",
  },
  {
    pattern: /No device available for decoder: device type (\S+)|(\S+) hwaccel requested for input/,
    reason: "hardware",
    state: "this machine cannot decode with $1$2",
    hint: "check the driver, and that we may use its device; see ffmpeg -hwaccels; " +
      "or leave out --hwaccel, or give auto",
  },
  {
    pattern: outOfMemory,
    atHome: true,
    reason: "memory",
    state: "it wants more memory than ffmpeg may take",
    hint: "check that the camera, or file, is what it should be; for very large pictures, raise " +
      "--ffmpeg_memory_mb",
  },
  {
    pattern: /No space left on device|Disk quota exceeded/,
    atHome: true,
    reason: "no_space",
    state: "there is no room for its full-size pictures",
    hint: "a second model needs room for some of them in /dev/shm, 12 MB each at 4K: " +
      "docker run --shm-size 256m, or an emptyDir of medium Memory at /dev/shm",
  },
  {
    pattern: /Failed to resolve hostname|Name or service not known|Temporary failure in name/,
    reason: "dns",
    state: "no such host name",
    hint: "check the spelling of the host, or give its address",
  },
  {
    pattern: /\b401\b|Unauthorized|authorization failed/,
    reason: "unauthorized",
    state: "the camera wants other credentials",
    hint: "put user and password into the URL: rtsp://user:password@host/path",
  },
  {
    pattern: /\b403\b|Forbidden|access denied/,
    reason: "forbidden",
    state: "the camera refuses access",
    hint: "ask for rights to this stream, or check whether the camera admits this machine",
  },
  {
    pattern: /Permission denied|Operation not permitted/,
    reason: "forbidden",
    state: "permission denied",
    hint: "let the user that runs Sightline read it",
  },
  {
    pattern: /Address already in use|Unable to open RTSP for listening|Cannot assign requested/,
    reason: "address_in_use",
    state: "the address to listen on is not free",
    hint: "choose another port, or end the program that listens there",
  },
  {
    pattern: /Connection refused/,
    reason: "refused",
    state: "connection refused",
    hint: "check that the camera is on, and the port",
  },
  {
    pattern: /No route to host|Network is unreachable|Host is down|Network unreachable/,
    reason: "unreachable",
    state: "no way to the host",
    hint: "check the network, and that the camera is on",
  },
  {
    pattern: /\b404\b|Server returned 4XX|No such file or directory|\b45[0-9] |Not Found/,
    reason: "not_found",
    state: "no such stream",
    hint: "check the path",
  },
  {
    pattern: /Connection timed out|Operation timed out|timed out|Immediate exit requested/,
    reason: "timeout",
    state: "no answer in time",
    hint: "check the address, and that no firewall is in between",
  },
  {
    pattern: /matches no streams|does not contain any stream|Output file .* no stream/,
    reason: "no_video",
    state: "there is no video in it",
    hint: "choose a stream that has video",
  },
  {
    pattern:
      /Decoder .* not found|no decoder found|Unknown decoder|Decoding requested, but no decoder|unsupported codec|Unsupported codec|codec not currently supported/i,
    reason: "codec",
    state: "ffmpeg cannot decode its codec",
    hint: "set the camera to H.264, or install an ffmpeg that decodes it",
  },
  {
    pattern: /method ([A-Z]+) failed: (5\d\d) /,
    reason: "refused",
    state: "it answered $1 with an error ($2)",
    hint: "check the path, and whether the camera has too many viewers already",
  },
  {
    pattern: /Nonmatching transport|Unsupported Transport|\b461\b/i,
    reason: "refused",
    state: "the camera does not offer this transport",
    hint: "try another --rtsp_transport",
  },
  {
    pattern: /Protocol not found|Unknown input format|Device .* not found|Option .* not found/,
    reason: "not_found",
    state: "this ffmpeg knows no such kind of source",
    hint: "check how the URL begins",
  },
  {
    pattern: /Connection reset|Broken pipe|Server returned 5XX|\b50[0-9] |CSeq|EOF/,
    reason: "connection_lost",
    state: "the connection was lost",
    hint: "check the network and the camera",
  },
  {
    pattern:
      /Invalid data found|moov atom not found|Could not find codec parameters|Invalid NAL|could not find corresponding/,
    reason: "invalid_data",
    state: "it is not a video that ffmpeg understands",
    hint: "check that the address is that of a video, not of a page",
  },
];

/**
 * The error for an ffmpeg that ended before its time, by `signal` if it was one. `name` is the source
 * without its password; messages are ffmpeg's, oldest first, without it too.
 */
export function classify(
  name: string,
  messages: readonly FfmpegMessage[],
  signal: Deno.Signal | null = null,
): SourceError {
  const grave = messages.filter(isGrave);
  // Only when no error has the cause may a warning have it.
  for (const candidates of [grave, messages]) {
    const found = firstMatch(`Cannot read ${name}`, name, candidates, rules);
    if (found !== null) return found;
  }
  const last = grave.at(-1)?.text;
  if (signal !== null && last === undefined) {
    return new SourceError(
      "unknown",
      `Cannot read ${name}: ffmpeg was ended by ${signal}`,
      "install this system's own ffmpeg; static builds crash on host names: an address may help",
    );
  }
  const words = last ?? "ffmpeg exited without output";
  return new SourceError("unknown", `Cannot read ${name}: ${words}`, "see the log at DEBUG");
}

/**
 * The error for an ffmpeg that gave frames and ended for a cause that is with us; null when it is not
 * known to be. Of a stream that was live, what is said of the camera may be of any time.
 */
export function causeAtHome(name: string, messages: readonly FfmpegMessage[]): SourceError | null {
  const own = rules.filter(({ atHome }) => atHome);
  return firstMatch(`Cannot go on reading ${name}`, name, messages.filter(isGrave), own);
}

function isGrave({ level }: FfmpegMessage): boolean {
  return level === "fatal" || level === "error";
}

function firstMatch(
  what: string,
  name: string,
  messages: readonly FfmpegMessage[],
  among: readonly Rule[],
): SourceError | null {
  for (const rule of among) {
    // The source's own name may hold anything, 401 and "timed out" included.
    const found = messages.findLast(({ text }) => rule.pattern.test(text.replaceAll(name, "")));
    if (found === undefined) continue;
    const [, first = "", second = ""] = rule.pattern.exec(found.text) ?? [];
    const state = rule.state.replace("$1", first).replace("$2", second);
    return new SourceError(rule.reason, `${what}: ${state}`, rule.hint, {
      cause: new Error(found.text),
    });
  }
  return null;
}

/** A source cannot do without a socket. `what` is what cannot be done, such as "read rtsp://camera". */
export function noSocket(what: string, cause: unknown): SourceError {
  const isForbidden = cause instanceof Deno.errors.NotCapable;
  return new SourceError(
    "unknown",
    `Cannot ${what}: no ${isForbidden ? "permission" : "place"} for a socket`,
    isForbidden
      ? "start Sightline with the flags that its command `permissions` prints"
      : "let the user that runs Sightline write into the folder for temporary files (TMPDIR)",
    { cause },
  );
}
