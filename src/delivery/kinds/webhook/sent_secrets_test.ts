import { deepEqual, equal } from "node:assert/strict";
import { WebhookReceiver } from "../../../../tests/support/webhook_receiver.ts";
import { withFiles } from "../../../../tests/support/with_files.ts";
import type { DeliveryError } from "../../destination.ts";
import { sentSecrets } from "./sent_secrets.ts";
import { webhook } from "./webhook.ts";

Deno.test("a receiver that says again what it was sent gives no secret away", async () => {
  await using receiver = new WebhookReceiver({
    answer: ({ headers }) => {
      const authorization = headers.get("authorization")!;
      const said = JSON.stringify({ authorization, path: "/services/T0/abc%21defgh1234" });
      const [, word] = authorization.split(" ");
      return new Response(`${said} ${word} ${said.replaceAll("/", "\\/")}`, { status: 400 });
    },
  });
  const context = { publicUrl: null, readSecret: Deno.readTextFile } as Parameters<
    typeof webhook.open
  >[2];
  const said = async (url: string, settings: Parameters<typeof webhook.open>[1]) => {
    await using opened = await webhook.open(url, settings, context);
    const sent = opened.sendRecords!(["{}"], new AbortController().signal);
    return await sent.then(() => "", (error: DeliveryError) => error.message);
  };
  const path = "/services/T0/***";
  const answered = `answered 400: {"authorization":"***","path":"${path}"} *** ` +
    `{"authorization":"***","path":"${path.replaceAll("/", "\\/")}"}`;
  const url = `http://127.0.0.1:${receiver.port}/services/T0/abc%21defgh1234`;
  equal(await said(url.replace("127", "ada:s3cr%3Ft%2Fword@127"), {}), answered);
  await withFiles({ header: "Bearer hunter2/hunter2\n" }, async (directory) => {
    equal(await said(url, { authorization_file: `${directory}/header` }), answered);
  });
});

Deno.test("sentSecrets() has every word that a receiver could say again, longest first", () => {
  const base64 = new TextEncoder().encode("ada:s3cr3t").toBase64();
  const cases: [authorization: string | null, secrets: string[]][] = [
    [null, []],
    ["a-key-alone", ["a-key-alone"]],
    ["Bearer abcd", ["Bearer abcd", "abcd"]],
    // What is as short stands in other words as well.
    ["Bearer abc", ["Bearer abc"]],
    ["Bearer a/b/c", ["Bearer a\\/b\\/c", "Bearer a/b/c", "a\\/b\\/c", "a/b/c"]],
    [`Bearer ${base64}`, [`Bearer ${base64}`, base64]],
    [`Basic ${base64}`, [`Basic ${base64}`, base64, "ada:s3cr3t", "s3cr3t"]],
    ["basic !none!", ["basic !none!", "!none!"]],
    ["Basic", ["Basic"]],
  ];
  for (const [authorization, secrets] of cases) {
    deepEqual(sentSecrets(new URL("http://h/a/b?c=d#"), authorization), secrets);
  }
  const paths: [path: string, secrets: string[]][] = [
    ["bot12:abcdefgh1234/send", ["bot12:abcdefgh1234", "12:abcdefgh1234"]],
    ["services/abc%21defgh1234", ["abc%21defgh1234", "abc!defgh1234"]],
    // Not every percent sign begins a character.
    ["services/abc%zzdefgh1234", ["abc%zzdefgh1234"]],
  ];
  for (const [path, secrets] of paths) {
    deepEqual(sentSecrets(new URL(`http://h/${path}`), null), secrets);
  }
});
