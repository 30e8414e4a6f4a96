import detector from "../../plugins/person_vehicle_bike.ts";
import type { UseCase, UseCaseContext } from "../../src/mod.ts";

/** Frames between two that it throws on: at 5 a second, four times a minute. */
const period = 75;

/** The demo's detector, which throws now and then. */
export default async function clumsy(
  options: undefined,
  context: UseCaseContext,
): Promise<UseCase> {
  const inner = await detector(options, context);
  return {
    ...inner,
    postprocess(outputs, frame) {
      if (frame.sequence % period === period - 1) {
        throw new RangeError(`I stumble at ${frame.sequence}`);
      }
      return inner.postprocess(outputs, frame);
    },
  };
}
