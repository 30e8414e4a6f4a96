/** Waiting for what sends no event. */

/** Resolves once `condition` holds; rejects when it does not within `timeoutMs`. */
export async function poll(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  while (!await condition()) {
    if (performance.now() > giveUpAt) {
      throw new Error(`Cannot see that ${what}: it did not happen within ${timeoutMs} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
