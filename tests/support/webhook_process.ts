/**
 * A receiver of webhooks as a process of its own, so that it can be stopped and killed: appends the id,
 * stream and number of each event to a file, and verifies signatures where there is a secret.
 *
 *   webhook_process.ts PORT FILE [SETTINGS]
 */

import { Webhook } from "standardwebhooks";

const [port = "0", file = "", settings = "{}"] = Deno.args;
const { authorization, secret, cert, key } = JSON.parse(settings) as {
  readonly authorization?: string;
  readonly secret?: string;
  readonly cert?: string;
  readonly key?: string;
};
const log = await Deno.open(file, { append: true, create: true });
const verifier = secret === undefined ? null : new Webhook(secret);

const tls = cert === undefined ? null : {
  cert: await Deno.readTextFile(cert),
  key: await Deno.readTextFile(key!),
};

Deno.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  onListen: () => {},
  ...tls,
}, async (request) => {
  const body = await request.text();
  if (authorization !== undefined && request.headers.get("authorization") !== authorization) {
    return new Response("not you", { status: 401 });
  }
  try {
    verifier?.verify(body, Object.fromEntries(request.headers));
  } catch {
    return new Response("wrong signature", { status: 401 });
  }
  const posted = JSON.parse(body);
  const lines = (Array.isArray(posted) ? posted : [posted])
    .map(({ data: { id, stream, data } }) => `${JSON.stringify({ id, stream, data })}\n`);
  log.writeSync(new TextEncoder().encode(lines.join("")));
  return new Response(null, { status: 204 });
});
