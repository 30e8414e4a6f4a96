/** Class names: those of the options, else the model's own. */

import type { UseCaseContext } from "../../src/mod.ts";

/** Where names may come from. */
export interface LabelSources {
  /** The option. */
  readonly given: readonly string[] | undefined;
  /** What is taken for a model that names nothing. */
  readonly fallback?: readonly string[] | undefined;
  /** A model that the fallback is known to fit: nothing is said of it. */
  readonly isKnown?: boolean;
}

/**
 * The names by the number of the class; empty where there are none. A fallback that was not asked for
 * is told, since it would call the persons of another model vehicles.
 */
export function chooseLabels(
  { model, log }: UseCaseContext,
  { given, fallback, isKnown = false }: LabelSources,
): readonly string[] {
  const names = given ?? model.labels;
  if (names !== undefined) return names;
  if (fallback === undefined) return [];
  if (!isKnown) {
    const shown = fallback.slice(0, 4).map((name, id) => `${id} ${name}`).join(", ");
    log(
      "warning",
      `The model does not name its classes: they are taken for ${shown}` +
        `${fallback.length > 4 ? " and so on" : ""}; where that is wrong, give labels in ` +
        "--use_case_options",
    );
  }
  return fallback;
}

/**
 * Holds names against the classes that a model has.
 * @throws {TypeError} when there are more or fewer.
 */
export function checkLabelCount(
  { model }: UseCaseContext,
  given: readonly string[] | undefined,
  classes: number,
): void {
  const names = given ?? model.labels;
  if (names === undefined || names.length === classes) return;
  throw new TypeError(
    given
      ? `labels has ${names.length} names, the model has ${classes} classes`
      : `the model names ${names.length} classes and has ${classes}`,
  );
}
