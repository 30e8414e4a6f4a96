import { equal } from "node:assert/strict";
import { colorOfLabel as asDrawn } from "../../../view/color.ts";
import { colorOfLabel } from "./colors.js";

Deno.test("a label has the same colour in a browser and in pictures that Sightline draws", () => {
  for (const label of ["person", "vehicle", "bike", "", "Straße", "人", "🚲 bike"]) {
    const hex = asDrawn(label).map((part) => part.toString(16).padStart(2, "0")).join("");
    equal(colorOfLabel(label), `#${hex}`, label);
  }
});
