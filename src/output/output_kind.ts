/** The output seam: a kind of place where a camera's pictures go. */

import { resolve } from "node:path";
import type { CodecParameters, Display } from "../frame/camera_packet.ts";
import type { MaybePromise } from "../use_case/use_case.ts";
import type { Needs } from "../settings/needs.ts";
import {
  type Kind,
  type Resolved,
  SettingError,
  type SettingTable,
  toggle,
} from "../settings/setting.ts";

/** What one run of ffmpeg writes for. */
export interface RunContext {
  /** Name of the camera. */
  readonly camera: string;
  readonly parameters: CodecParameters;
  /** When its first picture was captured. */
  readonly capturedAt: Date;
}

/** When a run ends for a new one, at the next key frame; absent = never. */
export interface Rotation {
  readonly seconds: number;
  readonly bytes: number;
}

/** A kind of output, all of it: how it is named, its settings, what ffmpeg is told, what it touches. */
export interface OutputKind<Table extends SettingTable = SettingTable> extends Kind<Table> {
  /** Where it goes, for logs and metrics; never holds a password. */
  describe(config: Resolved<Table>): string;
  /**
   * What stands behind the input in a command line of ffmpeg; folders are made here.
   * @throws {Error} when it cannot be written there
   */
  prepare(config: Resolved<Table>, context: RunContext): MaybePromise<readonly string[]>;
  /**
   * What it takes for itself, so that no other output may have it, `%N` filled in.
   * @default {nothing: another one gets a name of its own}
   */
  place?(config: Resolved<Table>, camera: string): string;
  /** @default {never} */
  rotation?(config: Resolved<Table>): Rotation;
  /** Whether what was found is written beside it. @default {it is not} */
  wantsBoxesBeside?(config: Resolved<Table>): boolean;
  /** The file that takes it, on the clock of the video. */
  boxesBeside?(args: readonly string[]): string;
  /** ffmpeg has ended: what it left behind is put in order. @default {nothing is done} */
  ended?(args: readonly string[], display: Display | null): Promise<void>;
  /** Adds the permissions that it takes. */
  needs(config: Resolved<Table>, needs: Needs): void;
}

/** A path on this machine; what `file://out.mp4` names would lie in the root. */
export function parseLocal(path: string, allowed: string): string {
  if (/^[/]{2}[^/]/.test(path)) {
    throw new SettingError(`begins with two slashes, must be ${allowed}`);
  }
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(path)) throw new SettingError();
  return path;
}

/** The same from a directory on. */
export function rebaseLocal(given: unknown, directory: string): unknown {
  return typeof given === "string" && !given.startsWith("//") ? resolve(directory, given) : given;
}

/** Fills in the camera's name. */
export function fillCamera(text: string, camera: string): string {
  return text.replaceAll("%N", camera);
}

/** What every output can be told beside its place. */
export const commonRows = {
  boxes: toggle({
    help: "draw boxes, labels, zones and what the use case draws; the video is then encoded anew",
  }),
};

/** Names the type that the settings make. */
export function outputKind<const Name extends string, Table extends SettingTable>(
  kind: OutputKind<Table> & { readonly kind: Name },
): OutputKind<Table> & { readonly kind: Name } {
  return kind;
}

/** @throws {Error} when a container does not carry the video */
export function mustCarry(
  { video: { codec } }: CodecParameters,
  container: string,
  codecs: readonly string[],
): void {
  if (codecs.includes(codec)) return;
  throw new Error(`${container} carries no ${codec}; with boxes the video is encoded as H.264`);
}

/** Sound as it is where it is of a codec that is carried, else as AAC. */
export function soundFor(
  { audio }: CodecParameters,
  carried: readonly string[],
): readonly string[] {
  if (audio === null) return ["-an"];
  return carried.includes(audio.codec) ? ["-c:a", "copy"] : ["-c:a", "aac", "-b:a", "64k"];
}

/** What an MPEG transport stream carries so that players know it again. */
export const inTransport = ["h264", "hevc", "mpeg2video", "mpeg1video", "mpeg4"];

/** What drawing takes, and the process that writes. */
export function outputNeeds(needs: Needs): void {
  needs.add("run", "ffmpeg", "sh");
  needs.package("imagescript");
  needs.add("env", "IMAGESCRIPT_WASM_SIMD");
}
