/** What leaves a plugin is checked once, so that nothing behind it has to doubt a number. */

import type { Analysis, Classification, Detection } from "../frame/analysis.ts";
import { UseCaseError } from "./use_case_error.ts";

/**
 * Returns the analysis as it is.
 * @throws {UseCaseError} naming the first value that is out of its bounds.
 */
export function checkAnalysis(useCase: string, analysis: unknown): Analysis {
  const refuse = (what: string) =>
    new UseCaseError(`Cannot use the analysis of ${useCase}: ${what}`);
  if (typeof analysis !== "object" || analysis === null) {
    throw refuse(`postprocess returned ${analysis === null ? "null" : typeof analysis}`);
  }
  const checked = analysis as Analysis;
  for (const key of ["detections", "classifications", "events", "annotations"] as const) {
    const list = checked[key];
    if (list !== undefined && !Array.isArray(list)) throw refuse(`${key} is no list`);
  }
  checked.detections?.forEach((detection, index) => {
    checkClass(detection, `detections[${index}]`, refuse);
    const { box } = detection;
    for (const side of ["x", "y", "width", "height"] as const) {
      if (Number.isFinite(box?.[side])) continue;
      throw refuse(
        `detections[${index}].box.${side} is ${box?.[side]}, allowed is a finite number`,
      );
    }
  });
  checked.classifications?.forEach((classification, index) => {
    checkClass(classification, `classifications[${index}]`, refuse);
  });
  return checked;
}

function checkClass(
  { label, labelId, confidence }: Detection | Classification,
  where: string,
  refuse: (what: string) => UseCaseError,
): void {
  if (typeof label !== "string") throw refuse(`${where}.label is no string`);
  if (!Number.isInteger(labelId)) {
    throw refuse(`${where}.labelId is ${labelId}, allowed is a whole number`);
  }
  if (!(confidence >= 0 && confidence <= 1)) {
    throw refuse(`${where}.confidence is ${confidence}, allowed is 0 to 1`);
  }
}
