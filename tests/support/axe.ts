/** What axe finds wrong with a page for those who see, hear or move otherwise. */

import axe from "axe-core/axe.min.js" with { type: "text" };
import type { Page } from "playwright-core";

/** Each complaint with the elements that it is about; none for a page that is in order. */
export async function axeComplaints(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return await page.evaluate(async () => {
    // deno-lint-ignore no-explicit-any -- it was put there a moment ago
    const { violations } = await (globalThis as any).axe.run();
    return violations.map((
      { id, nodes }: { id: string; nodes: { html: string; failureSummary: string }[] },
    ) =>
      `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`
    );
  });
}
