/** Part of the measurement of the live view: whether boxes are those of their pictures. */

import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { colorOfLabel } from "../../src/view/color.ts";
import { watchBoxes } from "../view_page.ts";
import { label, margin } from "./square_use_case.ts";
import { add, flags, openPage, type Served, settleMs } from "./stage.ts";

/** The use case that finds the square. */
export const squarePath = fileURLToPath(new URL("square_use_case.ts", import.meta.url));

/** Looks at each picture that comes until there were so many. */
export async function measureBoxes(served: Served): Promise<void> {
  const page = await openPage(served, served.port, "exact");
  // A pixel of the screen for each of the picture: lines are as wide as they are searched for.
  await page.setViewportSize({ width: 640, height: 360 });
  await setTimeout(settleMs);
  const { seen, wrong, without } = await page.evaluate(watchBoxes, {
    color: [...colorOfLabel(label)],
    pictures: Number(flags.pictures),
    margin,
  });
  add("exact: pictures that were looked at", String(seen));
  add("with the box of another picture", String(wrong), "0");
  add("without a box", String(without));
  await page.context().close();
}
