/** A real nginx in front of a server, as people put one there. */

import { existsSync } from "node:fs";
import { freePort } from "./free_port.ts";
import { poll } from "./poll.ts";

const path = Deno.env.get("NGINX_PATH") ?? "/usr/sbin/nginx";

/** Why a test cannot have one; null when it can. */
export const nginxMissing: string | null = existsSync(path)
  ? null
  : `no nginx at ${path} (apt install nginx-light, or set NGINX_PATH)`;

/** An nginx at work. */
export interface Nginx extends AsyncDisposable {
  readonly port: number;
}

/** Starts one whose server has these locations; with a certificate it speaks https. */
export async function startNginx(
  locations: string,
  tls: { readonly certFile: string; readonly keyFile: string } | null = null,
): Promise<Nginx> {
  const folder = await Deno.makeTempDir({ prefix: "sightline_nginx_" });
  const port = freePort();
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join("\n");
  const config = `
    daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
    events {}
    http {
      access_log off;
      ${paths}
      server {
        listen 127.0.0.1:${port}${tls === null ? "" : " ssl"};
        ${
    tls === null ? "" : `ssl_certificate ${tls.certFile}; ssl_certificate_key ${tls.keyFile};`
  }
        ${locations}
      }
    }`;
  await Deno.writeTextFile(`${folder}/nginx.conf`, config);
  const nginx = new Deno.Command(path, {
    args: ["-p", folder, "-e", `${folder}/error.log`, "-c", `${folder}/nginx.conf`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await poll("nginx listens", async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
    connection?.close();
    return connection !== null;
  });
  return {
    port,
    async [Symbol.asyncDispose]() {
      nginx.kill("SIGTERM");
      await nginx.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}
