/** A real browser for tests of pages. */

import { createHash, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Chromium is. */
const chromiumPath = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";

/** Why a test of a page cannot run on this machine; null when it can. */
export const chromiumMissing: string | null = existsSync(chromiumPath)
  ? null
  : `no Chromium at ${chromiumPath} (apt install chromium, or set CHROMIUM_PATH)`;

/**
 * Runs `use` with a browser that talks only to the pages it is sent to. Of certificates that no
 * authority vouches for it takes those in `trusted` alone, PEM, as a person who has compared them.
 */
export async function withChromium(
  use: (browser: Browser) => Promise<void>,
  trusted: readonly string[] = [],
): Promise<void> {
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
      `--ignore-certificate-errors-spki-list=${trusted.map(pinOf).join(",")}`,
    ],
  });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}

function pinOf(pem: string): string {
  const key = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}
