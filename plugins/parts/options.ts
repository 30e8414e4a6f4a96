/** Options of a plugin, checked, with errors that name what is wrong and what is allowed. */

/** What one option allows. */
export interface Rule {
  /** Text that follows "allowed is". */
  readonly allowed: string;
  fits(value: unknown): boolean;
}

/** A rule for each option. */
export type Rules<Options> = { readonly [Name in keyof Options]-?: Rule };

/** Options, those present that have a default. */
export type Complete<Options, Defaults> =
  & Options
  & Required<Pick<Options, keyof Options & keyof Defaults>>;

/**
 * The options that were given, over the defaults.
 * @throws {TypeError} for what is no object, or an option that does not exist.
 * @throws {RangeError} for a value that is not allowed.
 */
export function readOptions<Options extends object, Defaults extends Partial<Options>>(
  given: unknown,
  defaults: Defaults,
  rules: Rules<Options>,
): Complete<Options, Defaults> {
  const byDefault: object = { ...defaults };
  if (given === undefined || given === null) return byDefault as Complete<Options, Defaults>;
  if (typeof given !== "object" || Array.isArray(given)) {
    throw new TypeError(`options are ${shown(given)}, allowed is an object`);
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(rules, name)) {
      throw new UnknownOption(name, Object.keys(rules));
    }
    const rule = rules[name as keyof Options];
    if (value === undefined || rule.fits(value)) continue;
    throw new RangeError(`${name} is ${shown(value)}, allowed is ${rule.allowed}`);
  }
  return { ...byDefault, ...given } as Complete<Options, Defaults>;
}

/** Refuses unknown options; a caller with more options than these adds them to the list. */
export class UnknownOption extends TypeError {
  constructor(readonly option: string, readonly known: readonly string[]) {
    const meant = known.find((name) => isSlip(option.toLowerCase(), name.toLowerCase()));
    const hint = meant === undefined
      ? `; there are ${known.join(", ")}`
      : `, did you mean ${meant}?`;
    super(`no option is called "${option}"${hint}`);
  }
}

/** Whether one letter was left out, added, exchanged, or swapped with its neighbour. */
function isSlip(typed: string, meant: string): boolean {
  const shorter = Math.min(typed.length, meant.length);
  let begin = 0;
  while (begin < shorter && typed[begin] === meant[begin]) begin++;
  let end = 0;
  while (end < shorter - begin && typed.at(-1 - end) === meant.at(-1 - end)) end++;
  const [a, b] = [typed, meant].map((word) => word.slice(begin, word.length - end));
  const isSwap = a!.length === 2 && b === [...a!].toReversed().join("");
  return shorter > 1 && a!.length <= 1 && b!.length <= 1 || isSwap;
}

/** A number from 0 to 1. */
export const fraction: Rule = numberBetween(0, 1);

/** On or off. */
export const onOff: Rule = {
  allowed: "true or false",
  fits: (value) => typeof value === "boolean",
};

/** Names, such as those of classes. */
export const names: Rule = {
  allowed: "a list of texts",
  fits: (value) => Array.isArray(value) && value.every((name) => typeof name === "string"),
};

/** For the part that it is handed on to, which checks it. */
export const anyObject: Rule = {
  allowed: "an object",
  fits: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

/** A number within bounds. */
export function numberBetween(least: number, most: number): Rule {
  return {
    allowed: most === Infinity ? `a number from ${least}` : `${least} to ${most}`,
    fits: (value) => Number.isFinite(value) && Number(value) >= least && Number(value) <= most,
  };
}

/** A whole number within bounds. */
export function wholeBetween(least: number, most: number): Rule {
  return {
    allowed: `a whole number from ${least} to ${most}`,
    fits: (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  };
}

/** One of a few texts. */
export function oneOf(...values: readonly string[]): Rule {
  return {
    allowed: values.map((value) => `"${value}"`).join(" or "),
    fits: (value) => values.some((one) => one === value),
  };
}

/** A list of at least one entry, each with a name of its own and points of the picture. */
export function shapes(key: "points" | "polygon", least: number, most: number): Rule {
  const isPoint = (point: unknown) =>
    Array.isArray(point) && point.length === 2 && point.every(Number.isFinite);
  const isShape = (shape: Record<string, unknown>) => {
    const points = shape?.[key];
    return typeof shape?.["name"] === "string" && Array.isArray(points) &&
      points.length >= least && points.length <= most && points.every(isPoint);
  };
  const count = least === most ? `${least}` : `at least ${least}`;
  return {
    allowed: `a list of {"name": text, "${key}": ${count} points [x, y]}, no name twice`,
    fits: (value) =>
      Array.isArray(value) && value.length > 0 && value.every(isShape) &&
      new Set(value.map(({ name }) => name)).size === value.length,
  };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
