import { deepEqual, equal, ok } from "node:assert/strict";
import type { SightlineEvent } from "../../../events/event.ts";
import { isService, serviceBody, services, templateBody } from "./templates.ts";

const event: SightlineEvent = {
  id: "01a22614-1c62-74d2-9b6d-45d581a70af8",
  type: "zone_entered",
  at: "2026-11-29T06:53:01.895Z",
  stream: "Tür",
  use_case: "zone_presence",
  sequence: 71,
  snapshot: true,
  zone: "<Hof>",
  object: {
    id: 4,
    label: "person",
    confidence: 0.934,
    box: { x: 0.2, y: 0.4, width: 0.1, height: 0.2 },
  },
};
const message = { event, json: JSON.stringify(event) };
const text = "person entered <Hof> at Tür (93 %), 2026-11-29T06:53:01.895Z";
const link = `https://cams.example/api/events/${event.id}`;

Deno.test("serviceBody() says the same to each service, with a link and a picture", () => {
  const bodies = Object.fromEntries(services.map((service) => [
    service,
    serviceBody(service, message, "https://cams.example"),
  ]));
  deepEqual(JSON.parse(bodies["slack"]!.body), {
    text,
    blocks: [
      {
        type: "section",
        text: {
          type: "mrkdwn",
          text: `<${link}|${text.replace("<Hof>", "&lt;Hof&gt;")}>`,
        },
      },
      {
        type: "image",
        image_url: `${link}/snapshot.jpg`,
        alt_text: "person entered <Hof>",
      },
    ],
  });
  deepEqual(JSON.parse(bodies["discord"]!.body), {
    embeds: [{
      title: "person entered <Hof>",
      description: text,
      timestamp: event.at,
      url: link,
      image: { url: `${link}/snapshot.jpg` },
    }],
    allowed_mentions: { parse: [] },
  });
  const [card] = JSON.parse(bodies["teams"]!.body).attachments;
  equal(card.contentType, "application/vnd.microsoft.card.adaptive");
  deepEqual(card.content.body.map(({ type }: { type: string }) => type), [
    "TextBlock",
    "TextBlock",
    "Image",
  ]);
  equal(bodies["ntfy"]!.body, text);
  deepEqual({ ...bodies["ntfy"]!.headers }, {
    "content-type": "text/plain; charset=utf-8",
    title: "person entered <Hof>",
    click: link,
    attach: `${link}/snapshot.jpg`,
  });
});

Deno.test("serviceBody() links to nothing where no address is known", () => {
  for (const service of services) {
    const { body, headers } = serviceBody(service, message, null);
    ok(!/https?:\/\/(?!adaptivecards\.io)/.test(body + JSON.stringify(headers)), body);
  }
});

Deno.test("serviceBody() makes headers of any name", () => {
  const { headers } = serviceBody(
    "ntfy",
    { ...message, event: { ...event, zone: "Straße" } },
    null,
  );
  const title = headers["title"]!.replace(/^=\?UTF-8\?B\?|\?=$/g, "");
  equal(new TextDecoder().decode(Uint8Array.fromBase64(title)), "person entered Straße");
});

Deno.test("templateBody() fills in what an event has, escaped where it stands in JSON", () => {
  const quoted = { ...event, zone: 'the "yard"\n' };
  const template =
    '{"who": "{{object.label}}", "zone": "{{zone}}", "n": {{sequence}}, "x": "{{line}}"}';
  const { body } = templateBody(template, "application/json", { ...message, event: quoted }, null);
  deepEqual(JSON.parse(body), { who: "person", zone: 'the "yard"\n', n: 71, x: "" });
  const plain = templateBody("{{ type }}: {{zone}} {{constructor}}", "text/plain", message, null);
  equal(plain.body, "zone_entered: <Hof> ");
});

Deno.test("serviceBody() says in people's words what happened, how sure it is, for how long and why", () => {
  const { snapshot: _, object: __, zone: ___, ...bare } = event;
  const said = (more: Partial<SightlineEvent>) =>
    serviceBody("ntfy", { ...message, event: { ...bare, ...more } }, null).body
      .replace(` at Tür`, "").replace(`, ${event.at}`, "");
  equal(said({ type: "object_started", object: event.object! }), "person appeared (93 %)");
  equal(
    said({ type: "object_ended", duration_ms: 2345, reason: "stop" }),
    "left (after 2.3 s, stop)",
  );
  equal(said({ type: "line_crossed", line: "gate" }), "crossed gate");
  equal(said({ type: "line_crossed", line: "gate", zone: "yard" }), "crossed yard");
  equal(said({ type: "stream_lost", reason: "refused" }), "stream lost (refused)");
  equal(
    said({ type: "zone_dwelled", zone: "yard", duration_ms: 0 }),
    "stays in yard (after 0.0 s)",
  );
});

Deno.test("serviceBody() shows a picture only where one is made and an address is known", () => {
  const { snapshot: _, ...bare } = event;
  const without = { ...message, event: bare };
  for (const service of services) {
    const shown = (given: typeof message, url: string | null) => {
      const { body, headers } = serviceBody(service, given, url);
      return (body + JSON.stringify(headers)).includes("snapshot.jpg");
    };
    deepEqual([shown(message, "https://h"), shown(without, "https://h"), shown(message, null)], [
      ...[true, false, false],
    ]);
  }
  const teams = JSON.parse(serviceBody("teams", without, null).body).attachments[0].content;
  deepEqual([teams.body.length, teams.actions], [2, undefined]);
  const linked = JSON.parse(serviceBody("teams", without, "https://h").body).attachments[0].content;
  equal(linked.actions[0].url, `https://h/api/events/${event.id}`);
});

Deno.test("serviceBody() leaves nothing for Slack to take for markup", () => {
  const zone = "a & b <c> | d";
  const given = { ...message, event: { ...event, zone } };
  const words = (url: string | null) =>
    JSON.parse(serviceBody("slack", given, url).body).blocks[0].text.text;
  ok(words(null).startsWith("person entered a &amp; b &lt;c&gt; | d at"));
  ok(words("https://h").includes("|person entered a &amp; b &lt;c&gt; / d at"));
});

Deno.test("templateBody() puts the picture itself into the body", () => {
  const body = (picture?: Uint8Array) =>
    templateBody("{{picture_base64}}", "application/json", message, null, picture).body;
  equal(body(Uint8Array.of(255, 216, 255)), "/9j/");
  equal(body(), "");
});

Deno.test("templateBody() writes maps as JSON, and numbers without quotes", () => {
  const body = (template: string, type = "text/plain") =>
    templateBody(template, type, message, "https://h").body;
  equal(body("{{object.box}}"), JSON.stringify(event.object!.box));
  equal(body("{{object.confidence}} {{sequence}} {{snapshot}}"), "0.934 71 true");
  equal(
    body('{"n":{{sequence}},"b":"{{snapshot}}"}', "application/ld+json"),
    '{"n":71,"b":"true"}',
  );
  equal(body('"{{zone}}"', "application/jsonnet"), '"<Hof>"');
  equal(
    body("{{link}} {{picture}}"),
    `https://h/api/events/${event.id} https://h/api/events/${event.id}/snapshot.jpg`,
  );
  equal(body("{{object.label.length}}|{{nothing.at.all}}|{{title}}"), "||person entered <Hof>");
});

Deno.test("serviceBody() makes a card whose texts wrap, and no key for what there is not", () => {
  const { snapshot: _, ...bare } = event;
  const given = { ...message, event: bare };
  const [{ content }] = JSON.parse(serviceBody("teams", given, null).body).attachments;
  deepEqual(content.body, [
    {
      type: "TextBlock",
      text: "person entered <Hof>",
      weight: "Bolder",
      size: "Medium",
      wrap: true,
    },
    { type: "TextBlock", text, wrap: true },
  ]);
  const [embed] = JSON.parse(serviceBody("discord", given, null).body).embeds;
  deepEqual(Object.keys(embed), ["title", "description", "timestamp"]);
  equal(JSON.parse(serviceBody("slack", given, null).body).blocks.length, 1);
  deepEqual(Object.keys(serviceBody("ntfy", given, null).headers), ["content-type", "title"]);
});

Deno.test("isService() tells services from other formats, and from none", () => {
  deepEqual(services.map(isService), services.map(() => true));
  deepEqual(["standard", "Slack", undefined].map(isService), [false, false, false]);
});

Deno.test("templateBody() has nothing to say of what lies within nothing", () => {
  const body = (template: string) => {
    const told = { ...event, use_case: null };
    return templateBody(template, "text/plain", { event: told, json: "" }, null).body;
  };
  equal(body("<{{use_case}}{{use_case.name}}{{sequence.x}}{{nothing.at.all}}>"), "<>");
});
