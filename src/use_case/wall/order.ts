/** Messages between the host of a plugin's process and launch.ts. */

/** What may be opened; each path stands for all beneath it, and what is absent for nothing. */
export interface Reach {
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Whether connections are for Deno's permissions alone. */
  readonly net: boolean;
}

/** What to become, and what may be left to it. */
export interface LaunchOrder {
  readonly program: string;
  /** Without the program's own name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Set as well where the kernel sees to it that nothing but `reach` is opened. */
  readonly envBehindLandlock: Readonly<Record<string, string>>;
  /** Null takes nothing away but inherited files. */
  readonly reach: Reach | null;
  /** Megabytes of writable memory, most of it only reserved. */
  readonly dataMb: number;
}

/** What a line on standard error begins with that tells, as JSON, a {@link WallReport}. */
export const reportPrefix = "wall: ";

/** What of the kernel's walls stands. */
export interface WallReport {
  readonly on: readonly string[];
  readonly off: readonly string[];
}
