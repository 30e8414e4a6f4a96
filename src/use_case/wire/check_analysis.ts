/** What leaves a plugin is checked once, so that nothing behind it has to doubt a number. */

import type { Analysis, Box, Classification, Detection } from "../../frame/analysis.ts";
import { checkJson } from "./check_json.ts";
import { UseCaseError } from "../use_case_error.ts";

/** Entries of one list. A model's grid is in the tens of thousands, what it finds in a frame is not. */
const maxEntries = 10_000;
const maxLabelLength = 256;
const maxTextLength = 1000;
/** Points of one polyline. */
const maxPoints = 10_000;

/**
 * Returns a copy that holds nothing but what the contract names.
 * @throws {UseCaseError} naming the first value that is out of its bounds.
 */
export function checkAnalysis(analysis: unknown): Analysis {
  if (typeof analysis !== "object" || analysis === null) {
    throw refusal(`postprocess returned ${analysis === null ? "null" : typeof analysis}`);
  }
  const { detections, classifications, events, annotations, data } = analysis as Analysis;
  return {
    ...(detections !== undefined && { detections: checkList("detections", detections, detection) }),
    ...(classifications !== undefined && {
      classifications: checkList("classifications", classifications, checkClass),
    }),
    ...(events !== undefined && { events: checkList("events", events, event) }),
    ...(annotations !== undefined && {
      annotations: checkList("annotations", annotations, annotation),
    }),
    ...(data !== undefined && { data: checkJson(data, "data") }),
  };
}

function checkList<T>(key: string, list: unknown, check: (entry: T, where: string) => T): T[] {
  if (!Array.isArray(list)) throw refusal(`${key} is no list`);
  if (list.length > maxEntries) {
    throw refusal(`${key} has ${list.length} entries, allowed is up to ${maxEntries}`);
  }
  return list.map((entry, index) => check(Object(entry), `${key}[${index}]`));
}

function detection(given: Detection, where: string): Detection {
  const { trackId } = given;
  if (trackId !== undefined && !Number.isSafeInteger(trackId)) {
    throw refusal(`${where}.trackId is ${shown(trackId)}, allowed is a whole number`);
  }
  return {
    ...checkClass(given, where),
    box: box(given.box, `${where}.box`),
    ...(trackId !== undefined && { trackId }),
  };
}

function box(given: unknown, where: string): Box {
  const { x, y, width, height } = Object(given) as Box;
  for (const [side, value] of Object.entries({ x, y, width, height })) {
    checkFinite(value, `${where}.${side}`);
  }
  return { x, y, width, height };
}

function checkClass({ label, labelId, confidence }: Classification, where: string): Classification {
  checkText(label, `${where}.label`, maxLabelLength);
  if (!Number.isSafeInteger(labelId)) {
    throw refusal(`${where}.labelId is ${shown(labelId)}, allowed is a whole number`);
  }
  if (!(typeof confidence === "number" && confidence >= 0 && confidence <= 1)) {
    throw refusal(`${where}.confidence is ${shown(confidence)}, allowed is 0 to 1`);
  }
  return { label, labelId, confidence };
}

type Event = NonNullable<Analysis["events"]>[number];

function event(given: Event, where: string): Event {
  checkText(given.type, `${where}.type`, maxLabelLength);
  return checkJson(given, where) as Event;
}

type Annotation = NonNullable<Analysis["annotations"]>[number];

function annotation(given: Annotation, where: string): Annotation {
  const { color } = given;
  if (color !== undefined && !(typeof color === "string" && /^#[0-9a-f]{6}$/i.test(color))) {
    throw refusal(`${where}.color is ${shown(color)}, allowed is #rrggbb`);
  }
  const common = color === undefined ? {} : { color };
  switch (given.kind) {
    case "text": {
      const { x, y, text } = given;
      checkFinite(x, `${where}.x`);
      checkFinite(y, `${where}.y`);
      checkText(text, `${where}.text`, maxTextLength);
      return { kind: "text", x, y, text, ...common };
    }
    case "polyline": {
      if (!Array.isArray(given.points) || given.points.length > maxPoints) {
        throw refusal(`${where}.points must be a list of up to ${maxPoints} points`);
      }
      const points = given.points.map((point, index) => {
        const [x, y] = Array.isArray(point) ? point : [];
        checkFinite(x, `${where}.points[${index}][0]`);
        checkFinite(y, `${where}.points[${index}][1]`);
        return [x, y] as const;
      });
      const closed = given.closed === true ? { closed: true } : {};
      return { kind: "polyline", points, ...closed, ...common };
    }
    default:
      throw refusal(
        `${where}.kind is ${shown((given as { kind: unknown }).kind)}, allowed is polyline or text`,
      );
  }
}

function checkText(value: unknown, where: string, maxLength: number): void {
  if (typeof value !== "string") throw refusal(`${where} is no string`);
  if (value.length <= maxLength) return;
  throw refusal(`${where} has ${value.length} characters, allowed is up to ${maxLength}`);
}

function checkFinite(value: unknown, where: string): void {
  if (Number.isFinite(value)) return;
  throw refusal(`${where} is ${shown(value)}, allowed is a finite number`);
}

function shown(value: unknown): string {
  return typeof value === "object" || typeof value === "string" || typeof value === "symbol"
    ? `of type ${typeof value}`
    : String(value);
}

function refusal(what: string): UseCaseError {
  return new UseCaseError(`Cannot use the analysis: ${what}`);
}
