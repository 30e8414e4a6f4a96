import assert from "node:assert/strict";
import { asFlag, problemLine, sentence } from "../settings/problem_line.ts";
import { resolveConfig } from "./resolve_config.ts";
import { isLoopback } from "../web/settings.ts";

/** What is said of these settings, without the leading `visualizer_`. */
function said(settings: Record<string, unknown>): { problems: string[]; notices: string[] } {
  const process = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`visualizer_${name}`, value]),
  );
  const stream = { stream_url: "rtsp://camera/", no_model: true };
  const { problems, notices } = resolveConfig({ process, streams: [stream] });
  return {
    problems: problems.map(problemLine),
    notices: notices.map((notice) => sentence(notice, asFlag)),
  };
}

const open = { port: 5000, host: "0.0.0.0" };

Deno.test("the live view opens to the network only with a key, or by express wish", () => {
  for (const host of ["0.0.0.0", "::", "192.168.0.7", "camera-host"]) {
    assert.deepEqual(said({ port: 5000, host }).problems, [
      `--visualizer_host ${host}: lets the network in: it needs --visualizer_token_file, or ` +
      "--visualizer_user and --visualizer_password_file; or --visualizer_insecure, for everybody",
    ]);
  }
  const right = [
    { ...open, token: "t" },
    { ...open, token_file: "/t" },
    { ...open, user: "ada", password_file: "/p" },
    { ...open, insecure: true },
    { port: 5000 },
    { port: 5000, host: "127.0.0.1" },
    { port: 0, host: "0.0.0.0" },
  ];
  for (const settings of right) {
    assert.deepEqual(said(settings).problems, [], JSON.stringify(settings));
  }
});

Deno.test("keys that do not go together are refused, each with its reason", () => {
  const cases: [Record<string, unknown>, string][] = [
    [
      { token: "t", token_file: "/t" },
      "--visualizer_token_file: cannot stand beside --visualizer_token",
    ],
    [
      { user: "ada", password: "p", password_file: "/p" },
      "--visualizer_password_file: cannot stand beside --visualizer_password",
    ],
    [{ user: "ada" }, "--visualizer_user ada: needs --visualizer_password_file beside it"],
    [{ password: "p" }, "--visualizer_user: is missing beside the password"],
    [{ tls_cert: "c" }, "--visualizer_tls_key: is missing beside --visualizer_tls_cert"],
    [{ tls_key: "k" }, "--visualizer_tls_cert: is missing beside --visualizer_tls_key"],
  ];
  for (const [settings, line] of cases) {
    assert.deepEqual(said({ port: 5000, ...settings }).problems, [line]);
  }
});

Deno.test("a secret is not shown, not even when it is wrong", () => {
  for (const name of ["token", "password"]) {
    const [line] = said({ port: 5000, user: "ada", [name]: "hush\nhush" }).problems;
    assert.equal(line, `--visualizer_${name}: must be 1 to 1024 characters on one line`);
  }
});

Deno.test("what has no effect is said", () => {
  assert.deepEqual(said({ token: "t" }).notices, [
    "--visualizer_token has no effect without --visualizer_port",
  ]);
  assert.deepEqual(said({ ...open, token: "t", insecure: true }).notices, [
    "--visualizer_insecure has no effect beside a token or a password",
  ]);
  assert.deepEqual(said({ ...open, token: "t" }).notices, []);
});

Deno.test("isLoopback() knows the addresses that only this machine reaches", () => {
  for (const host of ["127.0.0.1", "127.8.9.10", "localhost", "::1"]) assert.ok(isLoopback(host));
  for (const host of ["127.0.0.1.evil.example", "0.0.0.0", "::", "10.0.0.1", ""]) {
    assert.ok(!isLoopback(host), host);
  }
});
