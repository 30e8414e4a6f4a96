/** What cameras, servers and receivers say again of a secret of the settings, in the real program. */

import { doesNotMatch, match, ok } from "node:assert/strict";
import { freePort } from "./support/free_port.ts";
import { poll } from "./support/poll.ts";
import { runSightline, sightlineResult } from "./support/run_sightline.ts";
import { WebhookReceiver } from "./support/webhook_receiver.ts";
import { withFiles } from "./support/with_files.ts";

const clip = new URL("../demo/street.mp4", import.meta.url).pathname;

Deno.test("a secret of the settings stands in no event, page, metric or state, whichever part says it", async () => {
  const secrets = {
    model: "model-Geheim1",
    hook: "hook-Geheim2",
    option: "option-Geheim4",
    token: "token-Geheim5",
  };
  const said = `not you: ${Object.values(secrets).join(" ")}`;
  // Each is told the secrets of the others too.
  await using receiver = new WebhookReceiver({ answer: () => new Response(said, { status: 503 }) });
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => Response.json({ error: said }, { status: 401 }),
  );
  const port = freePort();
  await withFiles({}, async (directory) => {
    const url = receiver.url.replace("://", `://ada:${secrets.hook}@`);
    const sink = [
      { webhook: { name: "hook", url } },
      { webhook: { name: "other", url: receiver.url } },
    ];
    const config = {
      data_dir: `${directory}/data`,
      visualizer_port: port,
      visualizer_operate_token: secrets.token,
      streams: {
        door: {
          ...{ stream_url: clip, fps: 5, sink },
          ovms_url: `http://ada:${secrets.model}@127.0.0.1:${server.addr.port}`,
          model_name: "m",
          use_case_options: { api_key: secrets.option },
        },
      },
    };
    await Deno.writeTextFile(`${directory}/s.yaml`, JSON.stringify(config));
    await using sightline = runSightline(["run", "--config", `${directory}/s.yaml`]);
    const get = async (path: string) => {
      const authorization = `Bearer ${secrets.token}`;
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        headers: { authorization },
      });
      return await response.text();
    };
    await poll("the model and the receiver have refused", async () => {
      const text = await get("/api/deliveries").catch(() => "");
      return /"destination":"hook".*answered 503/.test(text);
    });
    const events = await get("/api/events?type=model_unavailable");
    match(events, /"reason":"[^"]*not you/);
    const paths = [
      ...["/api/events?format=csv", "/api/streams", "/api/streams/door", "/api/deliveries"],
      ...["/api/health", "/metrics", "/readyz", "/", "/streams/door"],
    ];
    const texts = await Promise.all(paths.map(get));
    sightline.signal("SIGTERM");
    const { stdout, stderr } = await sightline.result;
    const stored = await sightlineResult([
      "deliveries",
      "--data_dir",
      `${directory}/data`,
      "--json",
    ]);
    const check = await sightlineResult(["check", `${directory}/s.yaml`, "--connect"]);
    const all = [events, ...texts, stdout, stderr, stored.stdout, check.stdout, check.stderr];
    for (const text of all) doesNotMatch(text, /Geheim/);
    const posted = receiver.requests.map(({ body }) => body);
    ok(posted.length > 0);
    doesNotMatch(posted.join("\n"), /Geheim/);
  });
});
