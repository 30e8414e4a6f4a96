import { equal } from "node:assert/strict";
import { timeFormat } from "./time_format.js";

Deno.test("timeFormat() counts hours from 0 to 23, whatever the language", () => {
  const night = new Date(2026, 10, 30, 0, 5, 9);
  const evening = new Date(2026, 10, 30, 21, 51, 3);
  for (const language of ["en-US", "en", "de", "de-AT", undefined]) {
    const format = timeFormat(language);
    equal(format.format(night), "00:05:09", `${language}`);
    equal(format.format(evening), "21:51:03", `${language}`);
  }
  equal(timeFormat("ar-EG").format(evening), "٢١:٥١:٠٣");
  const day = { timeStyle: "short", dateStyle: "medium" };
  equal(timeFormat("de", day).format(evening), "30.11.2026, 21:51");
});
