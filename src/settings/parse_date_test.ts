import assert from "node:assert/strict";
import { parseDate } from "./parse_date.ts";

Deno.test("parseDate() takes days that there are, and no others", () => {
  for (
    const text of ["2026-02-28", "2024-02-29T23:59:59Z", "2026-06-30T00:00:00+02:00", "2026-06"]
  ) {
    assert.equal(parseDate(text), Date.parse(text));
  }
  for (
    const text of ["2026-02-30", "2026-02-29T00:00", "2026-06-31T00:00:00Z", "2026-13-01", "x"]
  ) {
    assert.ok(Number.isNaN(parseDate(text)), text);
  }
});
