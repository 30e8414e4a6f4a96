/** A real browser for tests of pages. */

import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Chromium is. */
const chromiumPath = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";

/** Why a test of a page cannot run on this machine; null when it can. */
export const chromiumMissing: string | null = existsSync(chromiumPath)
  ? null
  : `no Chromium at ${chromiumPath} (apt install chromium, or set CHROMIUM_PATH)`;

/** Runs `use` with a browser that talks only to the pages it is sent to. */
export async function withChromium(use: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}
