/** Validates an analysis once, where it leaves the plugin. */

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
    const kind = analysis === null ? "null" : typeof analysis;
    throw refusal(`postprocess returned ${kind}, allowed is an object, {} where nothing was found`);
  }
  const { detections, classifications, events, annotations, data } = analysis as Analysis;
  const checked: { -readonly [Key in keyof Analysis]: Analysis[Key] } = {};
  if (detections !== undefined) checked.detections = checkList("detections", detections, detection);
  if (classifications !== undefined) {
    checked.classifications = checkList("classifications", classifications, classification);
  }
  if (events !== undefined) checked.events = checkList("events", events, event);
  if (annotations !== undefined) {
    checked.annotations = checkList("annotations", annotations, annotation);
  }
  if (data !== undefined) checked.data = checkJson(data, "data");
  return checked;
}

/** Where an entry stands, is made into words on refusal only. */
type Check<T> = (entry: T, list: string, index: number) => T;

function checkList<T>(name: string, list: unknown, check: Check<T>): T[] {
  if (!Array.isArray(list)) throw refusal(`${name} is no list`);
  const { length } = list;
  if (length > maxEntries) {
    throw refusal(`${name} has ${length} entries, allowed is up to ${maxEntries}`);
  }
  const checked: T[] = [];
  for (let index = 0; index < length; index++) {
    checked.push(check(Object(list[index]), name, index));
  }
  return checked;
}

function detection(given: Detection, list: string, index: number): Detection {
  const { trackId } = given;
  if (trackId !== undefined && !Number.isSafeInteger(trackId)) {
    throw refusal(`${list}[${index}].trackId is ${shown(trackId)}, allowed is a whole number`);
  }
  const { label, labelId, confidence } = classification(given, list, index);
  const box = checkBox(given.box, list, index);
  return trackId === undefined
    ? { label, labelId, confidence, box }
    : { label, labelId, confidence, box, trackId };
}

function checkBox(given: unknown, list: string, index: number): Box {
  if (Array.isArray(given)) {
    throw refusal(`${list}[${index}].box is a list, allowed is { x, y, width, height }`);
  }
  const { x, y, width, height } = Object(given) as Box;
  checkFinite(x, list, index, "box.x");
  checkFinite(y, list, index, "box.y");
  checkFinite(width, list, index, "box.width");
  checkFinite(height, list, index, "box.height");
  return { x, y, width, height };
}

function classification(given: Classification, list: string, index: number): Classification {
  const { label, labelId, confidence } = given;
  checkText(label, list, index, "label", maxLabelLength);
  if (!Number.isSafeInteger(labelId)) {
    throw refusal(`${list}[${index}].labelId is ${shown(labelId)}, allowed is a whole number`);
  }
  if (!(typeof confidence === "number" && confidence >= 0 && confidence <= 1)) {
    throw refusal(`${list}[${index}].confidence is ${shown(confidence)}, allowed is 0 to 1`);
  }
  return { label, labelId, confidence };
}

type Event = NonNullable<Analysis["events"]>[number];

function event(given: Event, list: string, index: number): Event {
  checkText(given.type, list, index, "type", maxLabelLength);
  return checkJson(given, `${list}[${index}]`) as Event;
}

type Annotation = NonNullable<Analysis["annotations"]>[number];

function annotation(given: Annotation, list: string, index: number): Annotation {
  const { color } = given;
  if (color !== undefined && !(typeof color === "string" && /^#[0-9a-f]{6}$/i.test(color))) {
    throw refusal(`${list}[${index}].color is ${shown(color)}, allowed is #rrggbb`);
  }
  const common = color === undefined ? {} : { color };
  switch (given.kind) {
    case "text": {
      const { x, y, text } = given;
      checkFinite(x, list, index, "x");
      checkFinite(y, list, index, "y");
      checkText(text, list, index, "text", maxTextLength);
      return { kind: "text", x, y, text, ...common };
    }
    case "polyline": {
      if (!Array.isArray(given.points) || given.points.length > maxPoints) {
        throw refusal(`${list}[${index}].points must be a list of up to ${maxPoints} points`);
      }
      const points = given.points.map((point, number) => {
        const [x, y] = Array.isArray(point) ? point : [];
        checkFinite(x, list, index, `points[${number}][0]`);
        checkFinite(y, list, index, `points[${number}][1]`);
        return [x, y] as const;
      });
      const closed = given.closed === true ? { closed: true } : {};
      return { kind: "polyline", points, ...closed, ...common };
    }
    default:
      throw refusal(
        `${list}[${index}].kind is ${shown((given as { kind: unknown }).kind)}, ` +
          `allowed is polyline or text`,
      );
  }
}

function checkText(
  value: unknown,
  list: string,
  index: number,
  member: string,
  maxLength: number,
): void {
  if (typeof value !== "string") throw refusal(`${list}[${index}].${member} is no string`);
  if (value.length <= maxLength) return;
  throw refusal(
    `${list}[${index}].${member} has ${value.length} characters, allowed is up to ${maxLength}`,
  );
}

function checkFinite(value: unknown, list: string, index: number, member: string): void {
  if (Number.isFinite(value)) return;
  throw refusal(`${list}[${index}].${member} is ${shown(value)}, allowed is a finite number`);
}

/** Characters of a text that are shown: enough to see that it is a number in quotes. */
const longestShown = 40;

function shown(value: unknown): string {
  if (typeof value === "string") return `the text ${JSON.stringify(value.slice(0, longestShown))}`;
  return typeof value === "object" && value !== null || typeof value === "symbol"
    ? `of type ${typeof value}`
    : String(value);
}

function refusal(what: string): UseCaseError {
  return new UseCaseError(`Cannot use the analysis: ${what}`);
}
