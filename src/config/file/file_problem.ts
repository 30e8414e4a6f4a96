/** What is wrong at a place of a file, as one line. */

import { escapeControls } from "../../log/escape.ts";
import type { Problem } from "../../settings/problem.ts";
import { asKey, problemText } from "../../settings/problem_line.ts";
import type { Place } from "./yaml_node.ts";

/** A problem with where in the file it stands; its `setting` is the whole path, such as `streams.door.fps`. */
export interface FileProblem extends Problem {
  /** Null when it concerns the whole file. */
  readonly place: Place | null;
  /** Where the key stood first that stands here again. */
  readonly repeats?: Place;
}

/** `sightline.yaml:12:5: streams.door.fps x: must be a number from 0.01 to 1000`. */
export function fileProblemLine(file: string, { setting, place, ...what }: FileProblem): string {
  const where = place === null ? file : `${file}:${place.line}:${place.column}`;
  return `${where}: ${problemText(escapeControls(setting ?? ""), what, asKey)}`;
}

/** Each problem once, in the order of the file: a mistake in what several streams share is one. */
export function inOrder(problems: readonly FileProblem[]): FileProblem[] {
  const once = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...once.values()].sort((a, b) =>
    (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0)
  );
}
