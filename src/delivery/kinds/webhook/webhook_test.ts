/** The webhook against a real receiver, with a real event log between them. */

import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { Webhook } from "standardwebhooks";
import { WebhookReceiver } from "../../../../tests/support/webhook_receiver.ts";
import { withDelivery } from "../../../../tests/support/with_delivery.ts";
import { withFiles } from "../../../../tests/support/with_files.ts";
import { poll } from "../../../../tests/support/poll.ts";
import { EventLog } from "../../../events/event_log.ts";
import type { Problem } from "../../../settings/problem.ts";
import { problemLine } from "../../../settings/problem_line.ts";
import { Deliveries } from "../../deliveries.ts";
import { DeliveryStore } from "../../store/delivery_store.ts";
import type { DeliveryError, Message } from "../../destination.ts";
import { describeUrl, parseDestination } from "../../destination_config.ts";
import { webhook } from "./webhook.ts";

const secret = (byte: number) => `whsec_${new Uint8Array(32).fill(byte).toBase64()}`;

/** Headers as the verifier takes them. */
const plain = (headers: Headers) => Object.fromEntries(headers);

Deno.test("a webhook is signed as Standard Webhooks are, by each key while they are exchanged", async () => {
  await using receiver = new WebhookReceiver();
  await withFiles({ "secret": `${secret(2)}\n${secret(1)}\n` }, async (directory) => {
    const sink = { url: receiver.url, secret_file: `${directory}/secret` };
    await withDelivery(sink, async ({ tell, drained, events }) => {
      await tell(2);
      await drained();
      const told = await events.ask("after", 0, 10);
      for (const [index, { headers, body }] of receiver.requests.entries()) {
        const verified = new Webhook(secret(1)).verify(body, plain(headers));
        deepEqual(verified, new Webhook(secret(2)).verify(body, plain(headers)));
        throws(() => new Webhook(secret(3)).verify(body, plain(headers)));
        const { event } = told[index]!;
        deepEqual(verified, { type: "told", timestamp: event.at, data: event });
        equal(headers.get("webhook-id"), event.id);
      }
    }, { streams: ["a"] });
  });
});

Deno.test("what a webhook refuses is set aside, and sent again on request", async () => {
  const isPoison = (body: string) => JSON.parse(body).data.data.index === 2;
  let isMended = false;
  await using receiver = new WebhookReceiver({
    answer: ({ body }) =>
      new Response("no such label", { status: isPoison(body) && !isMended ? 422 : 200 }),
  });
  await withDelivery(receiver.url, async ({ tell, drained, outbox, directory }) => {
    await tell(6);
    await drained();
    const { accepted, delivered, refused, waiting } = outbox.counts();
    deepEqual({ accepted, delivered, refused, waiting }, {
      accepted: 6,
      delivered: 5,
      refused: 1,
      waiting: 0,
    });
    using store = new DeliveryStore(`${directory}/deliveries.db`);
    const [letter, ...more] = store.letters(null, 10);
    deepEqual(more, []);
    deepEqual(letter!.event.data, { index: 2 });
    equal(letter!.reason, "answered 422: no such label");
    isMended = true;
    equal(store.retry(null), 1);
    await poll("it is sent again", () => Promise.resolve(outbox.counts().delivered === 6));
    await drained();
    deepEqual(store.letters(null, 10), []);
    equal(outbox.counts().accepted, 7);
    equal(receiver.events.at(-1)!.id, letter!.event.id);
  });
});

Deno.test("410 disables a webhook, and nothing is sent until it is enabled", async () => {
  let status = 410;
  await using receiver = new WebhookReceiver({ answer: () => new Response(null, { status }) });
  await withDelivery(receiver.url, async ({ tell, drained, outbox, directory }) => {
    await tell(1);
    await poll("it is disabled", () => Promise.resolve(outbox.counts().disabled !== null));
    status = 204;
    await tell(3);
    equal(receiver.requests.length, 1);
    equal(outbox.counts().waiting, 4);
    using store = new DeliveryStore(`${directory}/deliveries.db`);
    store.retry(outbox.name);
    await drained();
    equal(outbox.counts().delivered, 4);
  }, { streams: ["a"] });
});

Deno.test("a webhook that is busy is asked again when it said so", async () => {
  const askedAtMs: number[] = [];
  await using receiver = new WebhookReceiver({
    answer() {
      askedAtMs.push(performance.now());
      return askedAtMs.length === 1
        ? new Response(null, { status: 503, headers: { "retry-after": "1" } })
        : new Response();
    },
  });
  await withDelivery({ url: receiver.url, retry: ["1h"] }, async ({ tell, drained, outbox }) => {
    await tell(1);
    await drained();
    const [first, second] = askedAtMs;
    ok(second! - first! >= 950, `${second! - first!} ms`);
    equal(outbox.counts().failures, 1);
    equal(outbox.counts().lastError, null);
  });
});

Deno.test("a redirect is no delivery", async () => {
  await using receiver = new WebhookReceiver({
    answer: () => new Response(null, { status: 302, headers: { location: "http://127.0.0.1:9/" } }),
  });
  await withDelivery(receiver.url, async ({ tell, outbox }) => {
    await tell(1);
    await poll("an attempt failed", () => Promise.resolve(outbox.counts().lastError !== null));
    equal(outbox.counts().lastError, "answered 302");
    equal(outbox.counts().waiting, 1);
  });
});

Deno.test("events are CloudEvents, structured, binary or many in one request", async () => {
  await using receiver = new WebhookReceiver();
  for (const format of ["cloudevents", "cloudevents_binary", "cloudevents_batch"]) {
    receiver.requests.length = 0;
    await withDelivery({ url: receiver.url, format }, async ({ tell, drained, events }) => {
      await tell(40, { zone: "Einfahrt \u2190", stream: "a" });
      await drained();
      const told = (await events.ask("after", 0, 100)).map(({ event }) => event);
      const [event] = told;
      const attributes = {
        specversion: "1.0",
        id: event!.id,
        source: "/sightline/streams/a",
        type: "sightline.told",
        time: event!.at,
        partitionkey: "a",
        datacontenttype: "application/json",
        subject: "Einfahrt \u2190",
      };
      const [{ headers, body }] = receiver.requests as [typeof receiver.requests[0]];
      const contentType = headers.get("content-type")!;
      switch (format) {
        case "cloudevents":
          equal(contentType, "application/cloudevents+json");
          deepEqual(JSON.parse(body), { ...attributes, data: event });
          break;
        case "cloudevents_binary":
          equal(contentType, "application/json");
          equal(headers.get("ce-id"), event!.id);
          equal(headers.get("ce-subject"), "Einfahrt%20%E2%86%90");
          deepEqual(JSON.parse(body), event);
          break;
        case "cloudevents_batch":
          equal(contentType, "application/cloudevents-batch+json");
          deepEqual(
            receiver.requests.flatMap(({ body }) =>
              JSON.parse(body).map(({ data }: { data: unknown }) => data)
            ),
            told,
          );
          ok(receiver.requests.length < 40);
      }
    });
  }
});

Deno.test("records are posted together, as the format has it", async () => {
  await using receiver = new WebhookReceiver();
  const line = (sequence: number) => ({
    stream: "a",
    sequence,
    captured_at: "2026-11-29T06:53:01.895Z",
  });
  for (const format of ["standard", "cloudevents_binary"]) {
    receiver.requests.length = 0;
    const given = { url: receiver.url, format, send: "records" };
    await withDelivery(given, async ({ records }) => {
      for (let sequence = 0; sequence < 3; sequence++) {
        records.write(line(sequence), JSON.stringify(line(sequence)));
      }
      await receiver.received(1);
    });
    const [{ headers, body }] = receiver.requests as [typeof receiver.requests[0]];
    const posted = JSON.parse(body);
    if (format === "standard") {
      equal(posted.type, "records");
      deepEqual(posted.data, [line(0), line(1), line(2)]);
    } else {
      equal(headers.get("content-type"), "application/cloudevents-batch+json");
      deepEqual(posted.map(({ data }: { data: unknown }) => data), [line(0), line(1), line(2)]);
      equal(posted[2].id, "2026-11-29T06:53:01.895Z/2");
    }
  }
  const problems: Problem[] = [];
  parseDestination({ url: receiver.url, format: "slack", send: "both" }, problems);
  match(problemLine(problems[0]!), /sends both, .* it can send events only/);
});

Deno.test("a template holds the picture itself, unless it is too large", async () => {
  await using receiver = new WebhookReceiver();
  const sizes = [3, 2_000_000];
  const picture = () => Promise.resolve(new Uint8Array(sizes.shift()!));
  const given = { url: receiver.url, template: '{"image": "{{picture_base64}}"}' };
  await withDelivery(given, async ({ tell, drained }) => {
    await tell(2);
    await drained();
    deepEqual(receiver.requests.map(({ body }) => JSON.parse(body)), [
      ...[{ image: "AAAA" }, { image: "" }],
    ]);
  }, { streams: ["a"], picture });
});

Deno.test("a batch that is refused is halved until what is wrong with it is found", async () => {
  await using receiver = new WebhookReceiver({
    answer: ({ body }) => new Response(null, { status: body.includes('"index":13') ? 400 : 200 }),
  });
  const sink = { url: receiver.url, format: "cloudevents_batch" };
  await withDelivery(sink, async ({ tell, drained, outbox }) => {
    await tell(30);
    await drained();
    const { delivered, refused } = outbox.counts();
    deepEqual({ delivered, refused }, { delivered: 29, refused: 1 });
  }, { streams: ["a"] });
});

Deno.test("no secret of a webhook stands in its name or in what went wrong", async () => {
  const url =
    "webhook+http://user:geheim77@127.0.0.1:9/services/T0AB12CD3/B99ZZ88YY77/x?token=abcd1234";
  await withDelivery(url, async ({ tell, outbox }) => {
    await tell(1);
    await poll("an attempt failed", () => Promise.resolve(outbox.counts().lastError !== null));
    const shown = JSON.stringify(outbox.counts());
    match(shown, /127\.0\.0\.1/);
    for (const part of ["geheim77", "T0AB12CD3", "B99ZZ88YY77", "abcd1234"]) {
      ok(!shown.includes(part), shown);
    }
  });
});

Deno.test("one address with two filters is two destinations, each with its own cursor", async () => {
  await using receiver = new WebhookReceiver();
  await withFiles({}, async (directory) => {
    const logger = getLogger("delivery");
    const streams = ["a"];
    const kept = { dataDir: directory, keepDays: 30, keepGb: null };
    await using events = await EventLog.open(kept, streams, logger);
    await using deliveries = new Deliveries({
      events,
      dataDir: directory,
      publicUrl: null,
      logger,
    });
    const destinations = ["came", "went"].map((type) =>
      parseDestination({ url: receiver.url, types: [type] }, [])!
    );
    await deliveries.apply([{ name: "a", destinations }]);
    for (const type of ["came", "went", "went"]) {
      const at = new Date().toISOString();
      events.append({ type, at, stream: "a", use_case: null, sequence: null });
    }
    await events.flush();
    await deliveries.drain(AbortSignal.timeout(10_000));
    const name = describeUrl(receiver.url);
    deepEqual(deliveries.counts().map(({ name, delivered }) => [name, delivered]), [
      [name, 1],
      [`${name} (2)`, 2],
    ]);
  });
});

Deno.test("webhook tells what cannot go together, and which host and files it needs", () => {
  const { check, needs } = webhook;
  equal(check!("webhook+http://", {}), "is no URL, must be https://host/path");
  equal(check!("https://h/x", { format: "slack", template: "x" }), "has a format and a template");
  equal(
    check!("https://h/x", { content_type: "text/plain" }),
    "has a content_type without a template",
  );
  match(check!("https://h/x", { send: "both", template: "x" })!, /can send events only$/);
  for (
    const right of [
      ...[{}, { format: "slack" }, { template: "x", content_type: "text/plain" }] as const,
      { send: "both", format: "cloudevents" } as const,
    ]
  ) {
    equal(check!("https://h/x", right), null);
  }
  deepEqual(needs("https://h/x", {}), { net: ["h:443"], read: [] });
  deepEqual(needs("webhook+http://h/x", { secret_file: "/s", authorization_file: "/a" }), {
    net: ["h:80"],
    read: ["/s", "/a"],
  });
  deepEqual(needs("WEBHOOK+HTTPS://h:8443/x", {}).net, ["h:8443"]);
});

Deno.test("a webhook is not well when the file of its secret holds none", async () => {
  await using receiver = new WebhookReceiver();
  const files = { empty: "\n", text: "geheim77!\n", short: "whsec_\n", right: secret(1) };
  await withFiles(files, async (directory) => {
    const context = { publicUrl: null, readSecret: Deno.readTextFile } as Parameters<
      typeof webhook.open
    >[2];
    const checked = async (name: string) => {
      const settings = { secret_file: `${directory}/${name}` };
      await using opened = await webhook.open(receiver.url, settings, context);
      const signal = AbortSignal.timeout(10_000);
      return await opened.check(signal).catch(({ message }) => message.replace(directory, "DIR"));
    };
    const must = "must hold whsec_ and base64";
    equal(await checked("empty"), `secret_file DIR/empty: is empty, ${must}`);
    equal(await checked("text"), `secret_file DIR/text: holds no secret, ${must} on each line`);
    equal(await checked("short"), `secret_file DIR/short: holds an empty secret, ${must}`);
    match(await checked("right"), /^answers OPTIONS/);
  });
});

/** Sends one event to a webhook that answers so, and tells what came of it. */
async function outcome(answer: Response, settings: Parameters<typeof webhook.open>[1] = {}) {
  await using receiver = new WebhookReceiver({ answer: () => answer });
  const context = { publicUrl: null, readSecret: Deno.readTextFile } as Parameters<
    typeof webhook.open
  >[2];
  await using opened = await webhook.open(receiver.url, settings, context);
  const event = { id: "1", type: "t", at: "2026-11-29T00:00:00.000Z", stream: "a" };
  const message = { event, json: JSON.stringify(event) } as unknown as Message;
  const error = await opened.send([message], new AbortController().signal)
    .then(() => null, (error: DeliveryError) => error);
  return { error, request: receiver.requests[0]! };
}

Deno.test("a webhook's answer is a success, a refusal, an end or a reason to try again", async () => {
  const failures: [status: number, failure: string | undefined][] = [
    ...[200, 202, 204].map((status) => [status, undefined] as [number, undefined]),
    ...[400, 413, 414, 415, 422, 431].map((status) => [status, "refused"] as [number, string]),
    [410, "disabled"],
    ...[401, 404, 429, 500, 503].map((status) => [status, "unavailable"] as [number, string]),
  ];
  for (const [status, failure] of failures) {
    const { error } = await outcome(new Response(null, { status }));
    equal(error?.failure, failure, `${status}`);
  }
  const { error } = await outcome(new Response(` ${"x".repeat(300)}\nmore`, { status: 500 }));
  equal(error?.message, `answered 500: ${"x".repeat(200)}`);
});

Deno.test("a webhook is believed from a second up to an hour when it says when to come again", async () => {
  const after = async (header?: string) => {
    const headers = header === undefined ? {} : { "retry-after": header };
    return (await outcome(new Response(null, { status: 503, headers }))).error?.retryAfterMs;
  };
  deepEqual([await after(), await after("2.5"), await after("0"), await after("soon")], [
    ...[null, 2500, 1000, null],
  ]);
  deepEqual([
    await after("3600"),
    await after("3601"),
    await after("Thu, 01 Jan 1970 00:00:00 GMT"),
  ], [
    ...[3_600_000, 3_600_000, 1000],
  ]);
  const inAMinute = (await after(new Date(Date.now() + 60_000).toUTCString()))!;
  ok(inAMinute > 30_000 && inAMinute <= 60_000, `${inAMinute}`);
});

Deno.test("a webhook is authorized by a file, which is read anew, or by its address", async () => {
  await withFiles({ key: "Bearer one\n" }, async (directory) => {
    const settings = { authorization_file: `${directory}/key` };
    equal(
      (await outcome(new Response(), settings)).request.headers.get("authorization"),
      "Bearer one",
    );
    const missing = await outcome(new Response(), { authorization_file: `${directory}/none` })
      .catch((error) => error);
    ok(missing instanceof Error || missing.error !== null);
  });
  equal((await outcome(new Response())).request.headers.get("authorization"), null);
});

Deno.test("a webhook's user and password are sent as a header, and not in its address", async () => {
  await using receiver = new WebhookReceiver();
  const url = receiver.url.replace("127.0.0.1", "us%40er:p%3As@127.0.0.1");
  const context = { publicUrl: null, readSecret: Deno.readTextFile } as Parameters<
    typeof webhook.open
  >[2];
  await using opened = await webhook.open(url, {}, context);
  const event = { id: "1", type: "t", at: "2026-11-29T00:00:00.000Z", stream: "a" };
  const message = { event, json: JSON.stringify(event) } as unknown as Message;
  await opened.send([message], new AbortController().signal);
  equal(receiver.requests[0]!.headers.get("authorization"), `Basic ${btoa("us@er:p:s")}`);
});

Deno.test("a webhook without a server is told of in words", async () => {
  const context = { publicUrl: null, readSecret: Deno.readTextFile } as Parameters<
    typeof webhook.open
  >[2];
  const { signal } = new AbortController();
  await using batch = await webhook.open("webhook+http://127.0.0.1:9/", {
    format: "cloudevents_batch",
  }, context);
  deepEqual([batch.window, batch.batch], [1600, 100]);
  const error = await batch.check(signal).catch((error) => error);
  deepEqual([error.failure, error.message], ["unavailable", "connection refused"]);
});
