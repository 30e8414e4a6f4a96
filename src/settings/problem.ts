/** One thing that is wrong with the settings. */

/** Names the setting, what was given, and what is allowed. */
export interface Problem {
  /** The setting's name, such as `fps`; null when no single one is at fault. */
  readonly setting: string | null;
  /** What was given; absent when nothing was. */
  readonly value?: unknown;
  /** What is wrong and what is allowed; holds no secret. */
  readonly message: string;
  /** Index of the stream that it was found in; absent = the process's settings, or the only one. */
  readonly stream?: number;
  /** The setting that makes a missing one necessary. */
  readonly beside?: string;
}
