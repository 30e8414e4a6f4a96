import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { withFiles } from "../../../tests/support/with_files.ts";
import type { SightlineEvent } from "../../events/event.ts";
import { DeliveryError, type DestinationContext, type Message } from "../destination.ts";
import { nats } from "./nats.ts";

const context: DestinationContext = {
  readSecret: (path) => Deno.readTextFile(path),
  ...{ logger: getLogger(["test"]), name: "n", streams: [], events: null, publicUrl: "https://s" },
  ...{ password: () => Promise.resolve(null), signal: new AbortController().signal },
};
const never = new AbortController().signal;
const info = {
  ...{ server_id: "x", version: "2.10.0", proto: 1, headers: true, max_payload: 1_048_576 },
  auth_required: true,
};

/** What a client published: its headers, where it has any, as lines. */
interface Published {
  readonly subject: string;
  readonly headers: readonly string[];
  readonly text: string;
}

/** A server as NATS's protocol has it, with as much of JetStream as is asked for. */
async function serve(
  { found = [], refuses = () => false }: {
    /** Streams that have the subject already. */
    readonly found?: readonly string[];
    readonly refuses?: (one: Published) => boolean;
  } = {},
) {
  const logins: Record<string, unknown>[] = [];
  const published: Published[] = [];
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  function answer({ subject, text }: Published): object {
    if (subject === "$JS.API.INFO") {
      return { type: "io.nats.jetstream.api.v1.account_info_response" };
    }
    asked.push(`${subject.replace("$JS.API.", "")} ${text}`);
    if (subject === "$JS.API.STREAM.NAMES") {
      return { total: found.length, offset: 0, limit: 1024, streams: found };
    }
    return { config: JSON.parse(text), created: "2026-01-01T00:00:00Z", state: { messages: 0 } };
  }
  const server = createServer((socket) => {
    sockets.add(socket);
    let inbox = "";
    let left = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    socket.on("data", (bytes) => {
      left = Buffer.concat([left, bytes as Uint8Array]);
      for (let end = left.indexOf("\r\n"); end >= 0; end = left.indexOf("\r\n")) {
        const [word, ...args] = left.subarray(0, end).toString().split(" ");
        const isPublication = word === "PUB" || word === "HPUB";
        const sizes = isPublication ? args.slice(word === "HPUB" ? -2 : -1).map(Number) : [];
        const size = sizes.at(-1) ?? -2;
        if (left.length < end + 4 + size) return;
        const body = left.subarray(end + 2, end + 2 + size);
        left = left.subarray(end + 4 + size);
        if (word === "CONNECT") logins.push(JSON.parse(args.join(" ")));
        if (word === "PING") socket.write("PONG\r\n");
        if (word === "SUB") inbox = args.at(-1)!;
        if (!isPublication) continue;
        const headBytes = sizes.length === 2 ? sizes[0]! : 0;
        const one = {
          subject: args[0]!,
          headers: body.subarray(0, headBytes).toString().trim().split("\r\n").slice(1),
          text: body.subarray(headBytes).toString(),
        };
        const reply = args.length - sizes.length === 2 ? args[1]! : null;
        const isOurs = !one.subject.startsWith("$JS.");
        if (isOurs) published.push(one);
        const said = isOurs
          ? refuses(one)
            ? {
              error: { code: 400, err_code: 10_054, description: "message size exceeds maximum" },
            }
            : { stream: "sightline", seq: published.length }
          : answer(one);
        const json = JSON.stringify(said);
        if (reply !== null) socket.write(`MSG ${reply} ${inbox} ${json.length}\r\n${json}\r\n`);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    ...{ logins, published, asked, address: `127.0.0.1:${port}` },
    breakAll: () => sockets.forEach((socket) => socket.destroy()),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function messageOf(type: string, stream = "front door"): Message {
  const at = "2026-01-01T00:00:00.000Z";
  const event = {
    id: `of ${type}`,
    type,
    at,
    stream,
    use_case: null,
    sequence: null,
  } as SightlineEvent;
  return { event, json: JSON.stringify(event) };
}

Deno.test("a NATS server that refuses the login and resets fails the delivery, and nothing else", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    socket.once("data", () => {
      socket.write("-ERR 'Authorization Violation'\r\n", () => socket.resetAndDestroy());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const destination = await nats.open(`nats://127.0.0.1:${port}/x`, {}, context);
  try {
    for (let attempt = 0; attempt < 20; attempt++) {
      await rejects(destination.check(never), /Authorization|RESET|closed/i);
    }
  } finally {
    await destination[Symbol.asyncDispose]();
    server.close();
    await once(server, "close");
  }
});

Deno.test("events go to NATS as JSON under prefix, stream and type, with what recognises a repetition", async () => {
  await using server = await serve();
  await using destination = await nats.open(`nats://${server.address}/home`, {}, context);
  const messages = [messageOf("object_started"), messageOf("a.b *>", "")];
  await destination.send(messages, never);
  await destination.send([messageOf("alarm", "gate")], never);
  deepEqual(server.published.map(({ subject }) => subject), [
    ...["home.front_door.object_started", "home._.a_b___", "home.gate.alarm"],
  ]);
  const [first] = server.published;
  equal(first!.text, messages[0]!.json);
  deepEqual(first!.headers.map((line) => line.replace(": ", ":")).toSorted(), [
    "Nats-Msg-Id:of object_started",
    ...["ce-id:of object_started", "ce-partitionkey:front door"],
    ...["ce-source:https://s/streams/front%20door", "ce-specversion:1.0"],
    ...["ce-time:2026-01-01T00:00:00.000Z", "ce-type:sightline.object_started"],
    "content-type:application/json",
  ]);
  // Once for the connection.
  deepEqual(server.asked.map((line) => line.split(" ")[0]), [
    "STREAM.NAMES",
    "STREAM.CREATE.sightline",
  ]);
  match(server.asked[1]!, /"subjects":\["home\.>"\]/);
  equal(server.logins.length, 1);
  const [{ name, user, auth_token } = {} as never] = server.logins;
  deepEqual([name, user, auth_token], ["sightline", undefined, undefined]);
  // A connection that broke is opened anew.
  server.breakAll();
  await rejects(destination.send([messageOf("lost")], never));
  await destination.send([messageOf("again")], never);
  equal(server.logins.length, 2);
});

Deno.test("a stream of NATS is made only where none has the subject", async () => {
  for (const [found, made] of [[["of_another"], []], [[], ["STREAM.CREATE.mine"]]] as const) {
    await using server = await serve({ found });
    const settings = { stream: "mine" };
    await using destination = await nats.open(`nats://${server.address}`, settings, context);
    await destination.send([messageOf("alarm")], never);
    deepEqual(server.asked.slice(1).map((line) => line.split(" ")[0]), made);
    match(server.asked[0]!, /"subject":"sightline\./);
    equal(server.published[0]!.subject, "sightline.front_door.alarm");
  }
});

Deno.test("NATS is asked as the user of the URL, or with the token of a file", async () => {
  await withFiles({ token: "geheim\n" }, async (folder) => {
    await using server = await serve();
    const login = async (user: string, settings: object, password: string | null = null) => {
      const asking = { ...context, password: () => Promise.resolve(password) };
      await using destination = await nats.open(
        `nats://${user}${server.address}`,
        settings,
        asking,
      );
      match(await destination.check(never), /^NATS 2\.10\.0 with JetStream$/);
      const { user: name, pass, auth_token } = server.logins.at(-1)!;
      return [name, pass, auth_token];
    };
    deepEqual(await login("", {}), [undefined, undefined, undefined]);
    deepEqual(await login("me@", {}, "word"), ["me", "word", undefined]);
    deepEqual(await login("me@", {}), ["me", "", undefined]);
    const token = { token_file: join(folder, "token") };
    deepEqual(await login("", token), [undefined, undefined, "geheim"]);
  });
});

Deno.test("what a NATS server does not store is not taken for sent; too large an event is refused for good", async () => {
  await using server = await serve({ refuses: ({ subject }) => subject.endsWith("large") });
  await using destination = await nats.open(`nats://${server.address}`, {}, context);
  await destination.send([messageOf("small")], never);
  const failure = await destination.send(
    ["small", "large", "small"].map((type) => messageOf(type)),
    never,
  )
    .then(() => null, (error) => error);
  ok(failure instanceof DeliveryError);
  deepEqual([failure.failure, failure.message], ["refused", "message size exceeds maximum"]);
  equal(server.published.length, 4);
});

Deno.test("records go to NATS beside the events, and are not kept", async () => {
  await using server = await serve();
  await using destination = await nats.open(`nats://${server.address}/home`, {}, context);
  await destination.sendRecords!(["{1}", "{2}"], never);
  deepEqual(server.published.map(({ subject, text }) => [subject, text]), [
    ["home-records", "{1}"],
    ["home-records", "{2}"],
  ]);
  deepEqual(server.asked, []);
});

Deno.test("nats tells what is wrong with its settings, and which hosts and files it needs", () => {
  const { check, needs } = nats;
  for (const url of ["nats://h", "tls://u@h1,h2:5/a.b-c_d"]) equal(check!(url, {}), null);
  for (const url of ["nats://", "nats://h/a*", "nats://h/a/b"]) {
    equal(check!(url, {}), "must be nats://[user@]host[:4222][,host…][/subject]");
  }
  match(check!("nats://h", { tls_cert: "c" }) ?? "", /tls_key/);
  deepEqual(needs("nats://h1,h2:5", {}), { net: ["h1:4222", "h2:5"], read: [] });
  deepEqual(needs("nats://", { token_file: "t", tls_ca: "ca" }), { net: [], read: ["t", "ca"] });
});
