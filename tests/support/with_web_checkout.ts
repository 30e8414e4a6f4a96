/** Sightline's own files on a web server, as a forge serves them. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A web server with the checkout, and a cache of Deno's that knows packages but no module of it. */
export interface WebCheckout {
  /** Ends in a slash. */
  readonly url: string;
  /** What `deno run` needs besides permissions, entry included. */
  readonly start: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A new, empty directory. */
  readonly cwd: string;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
}

/** Serves the checkout while `body` runs. */
export async function withWebCheckout(body: (web: WebCheckout) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async function serveFile(request) {
      const path = decodeURIComponent(new URL(request.url).pathname).slice(1);
      asked.push(path);
      try {
        // As forges serve raw files, whatever they hold.
        const headers = { "content-type": "text/plain; charset=utf-8" };
        return new Response(await Deno.readFile(join(root, path)), { headers });
      } catch {
        return new Response("404: Not Found", { status: 404 });
      }
    },
  );
  const folder = await Deno.makeTempDir();
  try {
    const [cache, cwd] = [join(folder, "deno"), join(folder, "cwd")];
    await Promise.all([Deno.mkdir(cache), Deno.mkdir(cwd)]);
    await Deno.symlink(await npmCache(), join(cache, "npm"));
    const url = `http://127.0.0.1:${server.addr.port}/`;
    const start = [
      ...["--unstable-worker-options", `--import-map=${url}deno.json`, `${url}main.ts`],
    ];
    await body({ url, start, env: { DENO_DIR: cache, NO_COLOR: "1" }, cwd, asked });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function npmCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).npmCache;
}
