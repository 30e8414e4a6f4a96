import type { WriteLog } from "./guest_log.ts";

/**
 * Has `fetch` answer an empty 204 for the rest of the guest's life, and says so once: a plugin that is
 * tried over and over must not ring a bell each time.
 */
export function muteFetch(log: WriteLog): void {
  let isLogged = false;
  globalThis.fetch = function sendNothing(input, init) {
    const request = new Request(input, init);
    if (!isLogged) {
      isLogged = true;
      const { host } = new URL(request.url);
      log(
        "warning",
        `A test sends nothing: ${request.method} ${request.url} was answered with 204, as is all ` +
          `that follows; --allow_plugin net=${host} lets it out`,
      );
    }
    return Promise.resolve(new Response(null, { status: 204 }));
  };
}
