/** The detectors that ship with Sightline, by their names in options. */

import type { UseCaseContext, UseCaseFactory } from "../../src/mod.ts";
import personVehicleBike from "../person_vehicle_bike.ts";
import yolo from "../yolo.ts";
import type { AnyFactory } from "./over_detector.ts";
import { oneOf, type Rule, UnknownOption } from "./options.ts";

const detectors = { person_vehicle_bike: personVehicleBike, yolo } as const;

/** What `detector` may be. */
export type DetectorName = keyof typeof detectors;

/** The option that chooses. */
export interface DetectorChoice {
  /** Which of the shipped detectors looks first. @default {"person_vehicle_bike"} */
  readonly detector?: DetectorName;
}

/** Rule of the option. */
export const detectorRule: Rule = oneOf(...Object.keys(detectors));

/** What a tracker can make use of; a detector's own threshold leaves out too much. */
const forTracking = { threshold: 0.3 };

/**
 * From a plugin over any detector to one over a shipped detector, chosen by the option `detector`.
 * Unless `detectorOptions` says otherwise, it is given `detectorDefaults`: it reports from a
 * confidence of 0.3 on.
 */
export function overShipped<Options extends object>(
  compose: (detector: AnyFactory) => UseCaseFactory<Options | undefined>,
  detectorDefaults: object = forTracking,
): UseCaseFactory<(Options & DetectorChoice) | undefined> {
  return async function overChosenDetector(options, context: UseCaseContext) {
    const { detector = "person_vehicle_bike", ...others } = Object(options) as
      & DetectorChoice
      & { detectorOptions?: object };
    if (!detectorRule.fits(detector)) {
      throw new RangeError(
        `detector is ${JSON.stringify(detector)}, allowed is ${detectorRule.allowed}`,
      );
    }
    const isObject = typeof options === "object" && !Array.isArray(options);
    const passed = {
      ...others,
      detectorOptions: { ...detectorDefaults, ...others.detectorOptions },
    };
    try {
      // What is no object is refused by the composed plugin, in its words.
      const given = isObject || options === undefined ? passed : options;
      return await compose(detectors[detector])(given as Options, context);
    } catch (error) {
      // An option of the detector's own is not meant.
      if (!(error instanceof UnknownOption) || !Object.hasOwn(others, error.option)) throw error;
      throw new UnknownOption(error.option, ["detector", ...error.known]);
    }
  };
}
