import assert from "node:assert/strict";
import { checkTable } from "../settings/check_table.ts";
import type { Problem } from "../settings/problem.ts";
import { problemLine } from "../settings/problem_line.ts";
import { checkSource, parseRegion, sourceConfig, sourceSettings } from "./settings.ts";

Deno.test("parseRegion() reads fractions within the picture, up to its edges", () => {
  assert.deepEqual(parseRegion("0,0,1,1"), { x: 0, y: 0, width: 1, height: 1 });
  assert.deepEqual(parseRegion(" .1, 0.7 ,0.5,0.3"), { x: 0.1, y: 0.7, width: 0.5, height: 0.3 });
});

for (
  const text of ["", "0,0,1", "0,0,1,1,1", "0,0,0,1", "0.6,0,0.5,1", "-0.1,0,1,1", "0,0,1e0,1", "a"]
) {
  Deno.test(`parseRegion() refuses "${text}"`, () => {
    assert.throws(() => parseRegion(text), { name: "SettingError" });
  });
}

const rebaseStream = sourceSettings.stream_url.rebase!;

Deno.test("stream_url makes no path of what can only be an address", () => {
  const addresses = [
    "192.168.1.20",
    "192.168.1.20:554/live",
    "user:pw@192.168.1.20/live",
    "user:p/w@camera/live",
    "camera.local",
    "camera:554/live",
    "[fe80::1]",
    "rtmp:live",
  ];
  for (const given of addresses) assert.equal(rebaseStream(given, "/etc"), given);
  const paths = [
    "clip.mp4",
    "./camera.local",
    "a:b.mp4",
    "at@home.mp4",
    "10.mp4",
    "local/clip.mp4",
  ];
  for (const given of paths) assert.match(String(rebaseStream(given, "/etc")), /^\/etc\//);
});

Deno.test("parseRegion() forgives what fractions are rounded by, and no more", () => {
  const region = { x: 0.7, y: 0.1, width: 0.3, height: 0.9 };
  assert.deepEqual(parseRegion("0.7,0.1,0.3,0.9"), region);
  assert.equal(parseRegion("0.5,0,0.5000000009,1").width, 0.5000000009);
  for (const text of ["0.5,0,0.50000001,1", "0,0.5,1,0.50000001", "0,0,1,0", "0,0,1"]) {
    assert.throws(() => parseRegion(text), { name: "SettingError" }, text);
  }
});

/** What is told of a camera's settings. */
function told(given: Record<string, unknown>): string[] {
  const problems: Problem[] = [];
  const values = checkTable(sourceSettings, given, problems);
  const has = (setting: string) => given[setting] !== undefined;
  return [...problems, ...checkSource(values, has)].map(problemLine);
}

Deno.test("stream_url is a URL with a host, a file or a device, and nothing else", () => {
  const allowed = "rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or " +
    "a device";
  const right = ["rtsp://cam", "UDP://239.0.0.1:1", "clip.mp4", "/dev/video0", "file:///a.mp4"];
  const odd = ["rtsp://kämera:8554/a@2x", "rtsp://u:p#w@kämera/x", "rtsp://[fe80::1%eth0]:554/x"];
  const waiting = [
    "srt://:9000?mode=listener",
    "udp://@:1234",
    "rtsp://u:p@:/#?!x@h/x",
    "rtsp://h:/",
  ];
  for (const stream_url of [...right, ...odd, ...waiting, "./camera:554"]) {
    assert.deepEqual(told({ stream_url }), []);
  }
  assert.deepEqual(told({}), [`--stream_url: missing, must be ${allowed}`]);
  const wrong: [url: string, message: string][] = [
    ["rtsp:", `names no host, must be ${allowed}`],
    ["rtsp:///live", `names no host, must be ${allowed}`],
    ["rtsp://u:secret@/live", `rtsp://u:***@/live: names no host, must be ${allowed}`],
    ["https://:8443/live", `names no host, must be ${allowed}`],
    ["rtsp://127.0.0.1:1live", "rtsp://127.0.0.1:1live: port must be from 1 to 65535"],
    ["rtsps://u:secret@h:1live", "rtsps://u:***@h:1live: port must be from 1 to 65535"],
    ["rtsp://u:p/w@h:1live", "rtsp://u:***@h:1live: port must be from 1 to 65535"],
    ["https://h:0/x", "port must be from 1 to 65535"],
    ["rtmp://h:99999/x", "port must be from 1 to 65535"],
    ["srt://:65536?mode=listener", "port must be from 1 to 65535"],
    ["rtsp://[fe80::zz]/x", "host must be a name or an address"],
    [
      "rtsp://u:secret@[::1/x",
      "rtsp://u:***@[::1/x: the host's bracket is not closed, must be such as [fe80::1]",
    ],
    [
      "rtsp://u:secret@::1/x",
      "rtsp://u:***@::1/x: host must be a name or an address, one of IPv6 in brackets such as " +
      "[fe80::1]",
    ],
    ["rtsp://ca|m/x", "host must be a name or an address"],
    ["camera:554/live", "has no scheme, did you mean rtsp://camera:554/live"],
    ["u:pw@10.0.0.7", "has no scheme, did you mean rtsp://…@10.0.0.7"],
    ["gopher://cam", `gopher:// is not supported, must be ${allowed}`],
    ["rtsp://cam/\n", "holds a control character"],
    ["", `must be ${allowed}`],
  ];
  for (const [stream_url, message] of wrong) {
    const [line = "", ...more] = told({ stream_url });
    assert.ok(line.endsWith(message), line);
    assert.deepEqual(more, []);
  }
});

Deno.test("checkSource() tells what fits no camera of that kind", () => {
  for (const url of ["rtsp://0.0.0.0/x", "rtmp://h/x", "SRT://h:9"]) {
    assert.deepEqual(told({ stream_url: url, rtsp_listen: true }), []);
  }
  assert.deepEqual(told({ stream_url: "http://h/x", rtsp_listen: true }), [
    "--stream_url http://h/x: cannot be listened at, must be rtsp://, rtmp:// or srt:// with " +
    "--rtsp_listen",
  ]);
  const tls = { stream_tls_ca: "/ca.pem", stream_tls_insecure: true };
  const noEffect = "has no effect without TLS, needs --stream_url rtsps:// or https://";
  assert.deepEqual(told({ stream_url: "rtsp://h/x", ...tls }), [
    `--stream_tls_ca: ${noEffect}`,
    `--stream_tls_insecure: ${noEffect}`,
  ]);
  for (const stream_url of ["rtsps://h/x", "HTTPS://h/x"]) {
    assert.deepEqual(told({ stream_url, stream_tls_ca: "/ca.pem" }), []);
    assert.deepEqual(told({ stream_url, stream_tls_insecure: true }), []);
    assert.deepEqual(told({ stream_url, ...tls }), [
      "--stream_tls_insecure: conflicts with --stream_tls_ca",
    ]);
  }
});

Deno.test("sourceConfig() gathers what belongs together, and fills in what was not said", () => {
  const config = sourceConfig({ stream_url: "rtsp://h/x" });
  assert.deepEqual(config.tls, { caFile: null, insecure: false });
  assert.equal(config.motion, null);
  assert.deepEqual([config.stallTimeoutMs, config.rtspTransport, config.fps], [
    10_000,
    "tcp",
    null,
  ]);
  const moving = sourceConfig({ stream_url: "a", motion_threshold: 0, motion_hold_ms: 7 });
  assert.deepEqual(moving.motion, { threshold: 0, holdMs: 7 });
});

Deno.test("stream_url names a file only where it is on this machine", () => {
  const file = sourceSettings.stream_url.file as (url: string) => unknown;
  assert.equal(file("rtsp://h/x"), null);
  assert.deepEqual(file("clip.mp4"), { path: "clip.mp4", use: "read" });
});

Deno.test("checkSource() says nothing of TLS where the address itself is wrong", () => {
  assert.equal(told({ stream_url: "gopher://x", stream_tls_ca: "/ca.pem" }).length, 1);
  assert.equal(told({ stream_url: "gopher://x", rtsp_listen: true }).length, 1);
});

Deno.test("parseRegion() forgives a thousandth of a millionth, to the last", () => {
  assert.equal(parseRegion("0,0,1.000000001,1").width, 1 + 1e-9);
  assert.equal(parseRegion("0,0,1,1.000000001").height, 1 + 1e-9);
});
