/**
 * Runs several use cases on one stream: one decode, one request to one model, one record.
 *
 * Model: one that all of them understand. From the command line they are chosen among the shipped
 * ones by name; with your own the plugin is three lines:
 *
 * ```ts ignore
 * import { combine } from "./combine.ts";
 * import doors from "./doors.ts";
 * import queue from "./queue.ts";
 * export default combine(doors, queue);
 * ```
 *
 * Output: everything that each of them says, in their order. A detection that several report is
 * there once (with the first `track_id` that one gives it); `data` is a list with the data of each,
 * `null` where one has none. All draw into the live view.
 *
 * @module
 */

import type { Analysis, Detection, InputRequest, UseCase, UseCaseFactory } from "../src/mod.ts";
import classification from "./classification.ts";
import faceBlur from "./face_blur.ts";
import lineCrossing from "./line_crossing.ts";
import { readOptions } from "./parts/options.ts";
import type { AnyFactory } from "./parts/over_detector.ts";
import passthroughImage from "./passthrough_image.ts";
import personVehicleBike from "./person_vehicle_bike.ts";
import segmentation from "./segmentation.ts";
import yolo from "./yolo.ts";
import zonePresence from "./zone_presence.ts";

const shipped: Readonly<Record<string, AnyFactory>> = {
  classification,
  face_blur: faceBlur,
  line_crossing: lineCrossing,
  passthrough_image: passthroughImage,
  person_vehicle_bike: personVehicleBike,
  segmentation,
  yolo,
  zone_presence: zonePresence,
};

/** What `--use_case_options` may set. */
export interface Options {
  /** The use cases, each with its `name` and, if wanted, its `options`. */
  readonly useCases?: readonly { readonly name: string; readonly options?: unknown }[];
}

/** Makes one plugin of several. Its options are a list: those of each, in the order given. */
export function combine(
  ...factories: readonly AnyFactory[]
): UseCaseFactory<readonly unknown[] | undefined> {
  if (factories.length === 0) throw new TypeError("combine() needs at least one use case");
  return async function makeCombination(options = [], context) {
    if (!Array.isArray(options) || options.length > factories.length) {
      throw new RangeError(
        `options are for ${factories.length} use cases, allowed is a list of them`,
      );
    }
    const useCases: UseCase[] = [];
    for (const [index, factory] of factories.entries()) {
      useCases.push(await factory(options[index] as never, context));
    }
    const input = sharedInput(useCases);
    const [prepares, another] = useCases.filter(({ preprocess }) => preprocess);
    if (another) throw new TypeError("only one of the use cases may have a preprocess()");
    const sessions = useCases.filter(({ session }) => session);
    const needed = useCases.map(({ outputs }) => outputs);
    const draws = useCases.filter(({ visualize }) => visualize);

    return {
      input,
      // One that names none needs all of them.
      ...(needed.every((outputs) => outputs !== undefined) && {
        outputs: [...new Set(needed.flat())],
      }),
      ...(sessions.length > 0 && {
        session: async function tellAll(stream) {
          for (const useCase of sessions) await useCase.session!(stream);
        },
      }),
      ...(prepares && { preprocess: (frame) => prepares.preprocess!(frame) }),
      postprocess: async function postprocessAll(outputs, frame) {
        const analyses: Analysis[] = [];
        for (const useCase of useCases) analyses.push(await useCase.postprocess(outputs, frame));
        return merge(analyses);
      },
      ...(draws.length > 0 && {
        visualize: async function visualizeAll(picture, analysis) {
          for (const [index, useCase] of useCases.entries()) {
            const data = (analysis.data as readonly unknown[] | undefined)?.[index];
            await useCase.visualize?.(picture, { ...analysis, data });
          }
        },
      }),
      dispose: async function disposeAll() {
        for (const useCase of useCases.toReversed()) await useCase.dispose?.();
      },
    };
  };
}

/** One model takes one kind of picture: what several ask for must be the same. */
function sharedInput(useCases: readonly UseCase[]): InputRequest {
  const shared: Record<string, unknown> = {};
  for (const { input = {} } of useCases) {
    for (const [key, value] of Object.entries(input)) {
      if (Object.hasOwn(shared, key) && shared[key] !== value) {
        throw new TypeError(
          `the use cases want different pictures: input.${key} is ${JSON.stringify(shared[key])} ` +
            `for one and ${JSON.stringify(value)} for another`,
        );
      }
      shared[key] = value;
    }
  }
  return shared;
}

function merge(analyses: readonly Analysis[]) {
  const detections = new Map<string, Detection>();
  for (const detection of analyses.flatMap(({ detections = [] }) => detections)) {
    const { labelId, label, box: { x, y, width, height } } = detection;
    const key = [labelId, label, x, y, width, height].join();
    const known = detections.get(key);
    if (!known) detections.set(key, detection);
    else detections.set(key, { ...detection, ...known });
  }
  const classifications = analyses.flatMap(({ classifications = [] }) => classifications);
  return {
    detections: [...detections.values()],
    ...(classifications.length > 0 && { classifications }),
    events: analyses.flatMap(({ events = [] }) => events),
    annotations: analyses.flatMap(({ annotations = [] }) => annotations),
    data: analyses.map(({ data = null }) => data),
  };
}

/** The plugin that runs shipped use cases by name. */
const combineByName: UseCaseFactory<Options | undefined> = (options, context) => {
  const isUseCase = (entry: { name?: unknown } | null) =>
    typeof entry?.name === "string" && Object.hasOwn(shipped, entry.name);
  const { useCases = [] } = readOptions<Options, Options>(options, {}, {
    useCases: {
      allowed: `a list of {"name", "options"} with a name of ${Object.keys(shipped).join(", ")}`,
      fits: (value) => Array.isArray(value) && value.length > 0 && value.every(isUseCase),
    },
  });
  if (useCases.length === 0) {
    throw new TypeError(
      `useCases is missing, such as {"useCases": [{"name": "line_crossing"}, {"name": "zone_presence"}]}`,
    );
  }
  const factories = useCases.map(({ name }) => shipped[name]!);
  return combine(...factories)(useCases.map(({ options }) => options), context);
};

export default combineByName;
