/** One thing that is wrong with the settings, as data: what it is called is for those who print it. */

/** Names the setting, what was given, and what is allowed. */
export interface Problem {
  /** The setting's name, such as `fps`; null when no single one is at fault. */
  readonly setting: string | null;
  /** Keys within the setting, the outermost first, where it holds settings itself. */
  readonly within?: readonly string[];
  /** Which element of a list. */
  readonly element?: number;
  /** What was given; absent when nothing was. */
  readonly value?: unknown;
  /** What is wrong and what is allowed; holds no secret. */
  readonly message: Phrase;
  /** Index of the stream that it was found in; absent = the process's settings, or the only one. */
  readonly stream?: number;
  /** The setting that makes a missing one necessary. */
  readonly beside?: string;
}

/** Words in which settings are named: a command line calls `fps` `--fps`, a file `fps`. */
export type Phrase = string | readonly (string | { readonly setting: string })[];

/** A phrase whose placeholders are names of settings: phrase`needs ${"tls_key"} beside it`. */
export function phrase(
  texts: TemplateStringsArray,
  ...settings: readonly string[]
): Exclude<Phrase, string> {
  return texts.flatMap((text, index) => {
    const setting = settings[index];
    return setting === undefined ? [text] : [text, { setting }];
  });
}

/** A problem of settings that another one holds, as one of that: `outer` are the names above it. */
export function within([setting, ...outer]: [string, ...string[]], problem: Problem): Problem {
  const own = problem.setting === null ? [] : [problem.setting];
  return { ...problem, setting, within: [...outer, ...own, ...problem.within ?? []] };
}
