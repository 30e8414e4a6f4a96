/** Sightline: from a camera to events. */

/** Not a static import, so that a failure can say how to start from the web. */
async function load(): Promise<typeof import("./src/cli/cli.ts")> {
  const { href } = new URL("./", import.meta.url);
  return await import("./src/cli/cli.ts").catch(async (error: Error) => {
    if (href.startsWith("file:") || !error.message.includes("not a dependency")) throw error;
    const flags = `-A --unstable-worker-options --import-map=${href}deno.json`;
    const hint = `Cannot start without Sightline's import map: deno run ${flags} ${href}main.ts\n`;
    await Deno.stderr.write(new TextEncoder().encode(hint));
    return Deno.exit(1);
  });
}

const { main } = await load();
Deno.exit(await main(Deno.args));
