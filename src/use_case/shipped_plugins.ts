/** Plugins that ship with Sightline, which go by their names wherever one stands. */

/** Without the ending; each is `plugins/NAME.ts`. */
export const shippedPlugins: readonly string[] = [
  "classification",
  "combine",
  "face_blur",
  "line_crossing",
  "motion",
  "passthrough_image",
  "person_vehicle_bike",
  "segmentation",
  "yolo",
  "zone_presence",
];

/** Whether a text where a plugin could stand names one of them; a file of that name is `./NAME`. */
export function isShippedName(text: unknown): text is string {
  return typeof text === "string" && shippedPlugins.includes(text);
}
