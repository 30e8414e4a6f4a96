import { equal, rejects } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { withFiles } from "../../tests/support/with_files.ts";
import { SecretMask } from "../log/secret_mask.ts";
import { parseDestination } from "./destination_config.ts";
import { checkDestination } from "./open_destination.ts";

Deno.test("a secret that a destination reads from a file is masked from then on", async () => {
  const files = { password: "pass Wort7\n", token: "tok-en7\n", header: "Bearer hea-der7\n" };
  await withFiles(files, async (directory) => {
    const secrets = new SecretMask();
    const sinks = [
      { redis: { url: "redis://ada@127.0.0.1:9", password_file: `${directory}/password` } },
      { nats: { url: "nats://127.0.0.1:9", token_file: `${directory}/token` } },
      { webhook: { url: "webhook+http://h.invalid/x", authorization_file: `${directory}/header` } },
      { redis: { url: "redis://ada:url7@127.0.0.1:9" } },
    ];
    for (const sink of sinks) {
      const config = parseDestination(sink, [])!;
      const logger = getLogger(["test"]);
      const signal = AbortSignal.timeout(10_000);
      await rejects(checkDestination(config, secrets, { logger, publicUrl: null, signal }));
    }
    equal(
      secrets.mask("pass Wort7, tok-en7, hea-der7, Bearer, url7"),
      "***, ***, ***, Bearer, ***",
    );
  });
});

Deno.test("a file of a secret that cannot be read is told of by its path", async () => {
  const config = parseDestination({ url: "redis://u@127.0.0.1:9", password_file: "/none" }, [])!;
  const given = {
    logger: getLogger(["test"]),
    publicUrl: null,
    signal: AbortSignal.timeout(10_000),
  };
  await rejects(checkDestination(config, new SecretMask(), given), {
    message: "cannot read /none: no such file or directory",
  });
});

Deno.test("each kind says in the same words that nothing listens", async () => {
  for (
    const url of [
      ...["redis://127.0.0.1:9", "postgres://127.0.0.1:9/d", "mqtt://127.0.0.1:9"],
      ...["nats://127.0.0.1:9", "webhook+http://127.0.0.1:9/x"],
    ]
  ) {
    const given = { logger: getLogger(["test"]), publicUrl: null };
    const checked = checkDestination(parseDestination(url, [])!, new SecretMask(), {
      ...given,
      signal: AbortSignal.timeout(10_000),
    });
    await rejects(checked, { message: "connection refused" }, url);
  }
});
