/** Waiting for what sends no event. */

const lookEveryMs = 5;

/** Resolves once `condition` holds; rejects when it does not within `timeoutMs`. */
export async function poll(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const giveUpAtMs = performance.now() + timeoutMs;
  while (!await condition()) {
    if (performance.now() > giveUpAtMs) throw new Error(`Not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
