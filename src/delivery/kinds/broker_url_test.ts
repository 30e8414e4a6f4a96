import { deepEqual, equal } from "node:assert/strict";
import { credentialsOf, parseBrokerUrl, parseServerUrl } from "./broker_url.ts";
import { describeUrl } from "../destination_config.ts";

Deno.test("parseBrokerUrl() takes hosts, user and path apart", () => {
  for (
    const [url, hosts, user, path] of [
      ["mqtt://[::1]", ["[::1]:1"], null, ""],
      ["mqtts://me@h:8/a%20b/", ["h:8"], "me", "a b"],
      ["kafka://u:p@h1:9,h2,[fe80::1]:7/t", ["h1:9", "h2:1", "[fe80::1]:7"], "u", "t"],
      ["redis://:p%40ss@h/3", ["h:1"], "", "3"],
      // As people type it.
      ["mqtt://us%er:p@ss/50%@broker.local/x%zz", ["broker.local:1"], "us%er", "x%zz"],
    ] as const
  ) {
    const parts = parseBrokerUrl(url, 1);
    deepEqual([parts?.hosts, parts?.user, parts?.path], [hosts, user, path], url);
  }
  for (
    const url of [
      "mqtt://",
      "mqtt:h",
      "mqtt://h?x=1",
      "mqtt://h:99999",
      "mqtt://a b/",
      "kafka://h1:9,h2:99999",
      "h",
    ]
  ) {
    equal(parseBrokerUrl(url, 1), null, url);
  }
});

Deno.test("a password is read and hidden, with several hosts as well", () => {
  equal(credentialsOf("kafka://u:p%40ss@h1:9,h2/t").password, "p@ss");
  equal(credentialsOf("mqtt://us%er:p@ss/50%@broker.local").password, "p@ss/50%");
  equal(credentialsOf("mqtt://u@h").password, null);
  for (const url of ["mqtt://h", "no address"]) {
    deepEqual(credentialsOf(url), { user: null, password: null });
  }
  equal(describeUrl("kafka://u:geheim@h1:9092,h2:9092/t"), "kafka://h1:9092,h2:9092/t");
  equal(describeUrl("nats://u:geheim@h1,h2"), "nats://h1,h2");
});

Deno.test("parseServerUrl() takes one host, and neither several nor none", () => {
  const one = parseServerUrl("redis://h/3", 1);
  deepEqual([one?.host, one?.port, one?.path, one?.scheme], ["h", 1, "3", "redis"]);
  equal(parseServerUrl("redis://h1,h2/3", 1), null);
  equal(parseServerUrl("no address", 1), null);
});
