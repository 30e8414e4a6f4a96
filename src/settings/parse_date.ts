/** Dates as people write them. */

/**
 * Milliseconds since 1970 of an ISO date or time; NaN when there is no such day: `Date.parse` alone takes
 * February 30 for March 2.
 */
export function parseDate(text: string): number {
  const day = /^\d{4}-\d\d-\d\d/.exec(text)?.[0];
  if (day !== undefined) {
    const dayMs = Date.parse(day);
    if (Number.isNaN(dayMs) || !new Date(dayMs).toISOString().startsWith(day)) return NaN;
  }
  return Date.parse(text);
}
