/** The output seam: a kind of place where a camera's pictures go. */

import type { CodecParameters } from "../frame/camera_packet.ts";
import type { Needs } from "../settings/needs.ts";
import type { Kind, Resolved, SettingTable } from "../settings/setting.ts";

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
  prepare(config: Resolved<Table>, context: RunContext): Promise<readonly string[]>;
  /** @default {never} */
  rotation?(config: Resolved<Table>): Rotation;
  /** Adds the permissions that it takes. */
  needs(config: Resolved<Table>, needs: Needs): void;
}

/** Names the type that the settings make. */
export function outputKind<const Name extends string, Table extends SettingTable>(
  kind: OutputKind<Table> & { readonly kind: Name },
): OutputKind<Table> & { readonly kind: Name } {
  return kind;
}

/** Players of Apple's know H.265 by this name only. */
export function tagOf({ video }: CodecParameters): readonly string[] {
  return video.codec === "hevc" ? ["-tag:v", "hvc1"] : [];
}
