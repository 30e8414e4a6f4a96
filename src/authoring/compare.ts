/** Finds where two JSON values differ, numbers within a tolerance. */

/** One place where they differ. */
export interface Difference {
  /** Such as `detections[0].box.x`; empty for the value as a whole. */
  readonly path: string;
  /** In words. */
  readonly expected: string;
  readonly got: string;
}

/** Longer texts are cut. */
const maxLength = 60;

/**
 * Where `got` differs from `expected`. Numbers may differ by `tolerance`, or by that share of the
 * larger one when it is above 1; whole numbers are counts, labels and times, and must be the same.
 */
export function compare(expected: unknown, got: unknown, tolerance: number): Difference[] {
  return [...differences("", expected, got, tolerance)];
}

function* differences(
  path: string,
  expected: unknown,
  got: unknown,
  tolerance: number,
): Generator<Difference> {
  if (typeof expected === "number" && typeof got === "number") {
    if (!isNear(expected, got, tolerance)) yield differ(path, expected, got);
  } else if (Array.isArray(expected) && Array.isArray(got)) {
    // Element by element would blame all that stand behind the one that is missing.
    if (expected.length !== got.length) return yield differ(path, expected, got);
    for (const [index, item] of expected.entries()) {
      yield* differences(`${path}[${index}]`, item, got[index], tolerance);
    }
  } else if (isRecord(expected) && isRecord(got)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      const inner = path === "" ? key : `${path}.${key}`;
      yield* differences(inner, valueOf(expected, key), valueOf(got, key), tolerance);
    }
  } else if (expected !== got) {
    yield differ(path, expected, got);
  }
}

function isNear(a: number, b: number, tolerance: number): boolean {
  if (Number.isInteger(a) && Number.isInteger(b)) return a === b;
  return Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function valueOf(record: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function differ(path: string, expected: unknown, got: unknown): Difference {
  return { path, expected: show(expected), got: show(got) };
}

/** A list is shown by its length and, where its elements have names, by the count of each name. */
function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (!Array.isArray(value)) return cut(JSON.stringify(value));
  const counts = new Map<string, number>();
  for (const item of value) {
    const name = item?.label ?? item?.type ?? item?.kind;
    if (typeof name === "string") counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const named = [...counts].toSorted().map(([name, count]) => `${count} ${name}`).join(", ");
  return cut(named === "" ? `${value.length} elements` : `${value.length} (${named})`);
}

function cut(text: string): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
