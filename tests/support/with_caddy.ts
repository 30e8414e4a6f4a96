/** A real Caddy in front of a server, with TLS, as people put one there. */

import { existsSync } from "node:fs";
import { freePort } from "./free_port.ts";
import { poll } from "./poll.ts";

const path = Deno.env.get("CADDY_PATH") ?? "/usr/bin/caddy";

/** Why a test cannot have one; null when it can. */
export const caddyMissing: string | null = existsSync(path)
  ? null
  : `no Caddy at ${path} (apt install caddy, or set CADDY_PATH)`;

/** A Caddy at work. */
export interface Caddy extends AsyncDisposable {
  /** `https://localhost:PORT/`, with a certificate of its own authority. */
  readonly url: string;
  /** What it signs with, PEM. */
  readonly authority: string;
}

/** Starts one whose site has these directives. */
export async function startCaddy(directives: string): Promise<Caddy> {
  const folder = await Deno.makeTempDir({ prefix: "sightline_caddy_" });
  const port = freePort();
  // No port for http and none for its own commands: tests run side by side.
  const config = `{
  admin off
  auto_https disable_redirects
  skip_install_trust
}
https://localhost:${port} {
  tls internal
${directives}
}
`;
  await Deno.writeTextFile(`${folder}/Caddyfile`, config);
  const caddy = new Deno.Command(path, {
    args: ["run", "--config", `${folder}/Caddyfile`, "--adapter", "caddyfile"],
    env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const authority = `${folder}/caddy/pki/authorities/local/intermediate.crt`;
  await poll("Caddy listens", async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
    connection?.close();
    return connection !== null && existsSync(authority);
  }, 20_000);
  return {
    url: `https://localhost:${port}/`,
    authority: await Deno.readTextFile(authority),
    async [Symbol.asyncDispose]() {
      caddy.kill("SIGTERM");
      await caddy.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}
