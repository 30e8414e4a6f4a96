import assert from "node:assert/strict";
import { causeAtHome, classify, type FfmpegMessage, isOutOfMemory, noSocket } from "./reason.ts";
import type { SourceReason } from "../source.ts";

/** What ffmpeg 5.1 says last, in each case met. */
const table: [reason: SourceReason, texts: string[]][] = [
  ["refused", [
    "Connection to tcp://127.0.0.1:1?timeout=0 failed: Connection refused",
    "rtsp://127.0.0.1:1/x: Connection refused",
  ]],
  ["dns", [
    "Failed to resolve hostname no.such.host.invalid: Name or service not known",
    "rtsp://no.such.host.invalid/x: Input/output error",
  ]],
  ["unreachable", ["rtsp://10.9.9.9/x: No route to host"]],
  ["unauthorized", [
    "method DESCRIBE failed: 401 Unauthorized",
    "rtsp://cam/x: Server returned 401 Unauthorized (authorization failed)",
  ]],
  ["forbidden", [
    "HTTP error 403 Forbidden",
    "http://cam/x: Server returned 403 Forbidden (access denied)",
  ]],
  ["forbidden", ["file:/root/x.mp4: Permission denied"]],
  ["not_found", [
    "method DESCRIBE failed: 404 Not Found",
    "rtsp://cam/x: Server returned 404 Not Found",
  ]],
  ["not_found", ["file:/none.mp4: No such file or directory"]],
  ["timeout", ["rtsp://cam/x: Connection timed out"]],
  ["codec", ["Decoding requested, but no decoder found for: none", "Error"]],
  ["no_video", [
    "Stream map '0:V:0' matches no streams.",
    "To ignore this, add a trailing '?' to the map.",
  ]],
  ["invalid_data", ["file:notes.txt: Invalid data found when processing input"]],
  ["invalid_data", [
    "moov atom not found",
    "file:cut.mp4: Invalid data found when processing input",
  ]],
  ["address_in_use", [
    "bind failed: Address already in use",
    "rtsp://0.0.0.0:554/x: Input/output error",
  ]],
  ["ffmpeg_missing", [
    "Unrecognized option 'fps_mode'.",
    "Error splitting the argument list: Option not found",
  ]],
  ["hardware", [
    "Device creation failed: -542398533.",
    "No device available for decoder: device type vaapi needed for codec h264.",
    "Device setup failed for decoder on input stream #0:0 : Generic error in an external library",
  ]],
  ["hardware", [
    "Cannot load libcuda.so.1",
    "No device available for decoder: device type cuda needed for codec h264.",
    "Device setup failed for decoder on input stream #0:0 : Operation not permitted",
  ]],
  ["hardware", ["Unrecognized hwaccel: bogus."]],
  ["hardware", ["vdpau hwaccel requested for input stream #0:0, but cannot be initialized."]],
  ["refused", ["Device creation failed: -1.", "rtsp://cam/x: Connection refused"]],
  ["unknown", ["something never heard of"]],
];

for (const [reason, texts] of table) {
  Deno.test(`classify() calls it ${reason}: ${texts[0]}`, () => {
    const error = classify("rtsp://cam/x", texts.map((text) => ({ level: "error", text })));
    assert.equal(error.reason, reason);
    assert.match(error.message, /^Cannot read rtsp:\/\/cam\/x: /);
    assert.notEqual(error.hint, "");
  });
}

Deno.test("classify() believes errors before warnings", () => {
  const messages: FfmpegMessage[] = [
    { level: "warning", text: "method SETUP failed: 461 Unsupported Transport" },
    { level: "error", text: "rtsp://cam/x: Connection refused" },
  ];
  assert.equal(classify("rtsp://cam/x", messages).reason, "refused");
  assert.match(
    classify("rtsp://cam/x", messages.slice(0, 1)).message,
    /does not offer this transport/,
  );
});

Deno.test("classify() is not misled by numbers in the source's own name", () => {
  const messages: FfmpegMessage[] = [{
    level: "error",
    text: "rtsp://10.0.0.1/401: Connection refused",
  }];
  assert.equal(classify("rtsp://10.0.0.1/401", messages).reason, "refused");
});

Deno.test("classify() says in our words what is the case, and keeps ffmpeg's as the cause", () => {
  const rows: [text: string, state: string][] = [
    ["Unrecognized hwaccel: bogus.", "this ffmpeg knows no hardware decoding called bogus"],
    ["vdpau hwaccel requested for input stream #0:0", "this machine cannot decode with vdpau"],
    [
      "No device available for decoder: device type vaapi needed",
      "this machine cannot decode with vaapi",
    ],
    ["method SETUP failed: 503 Service Unavailable", "it answered SETUP with an error (503)"],
  ];
  for (const [text, state] of rows) {
    const { message, cause } = classify("cam", [{ level: "error", text }]);
    assert.equal(message, `Cannot read cam: ${state}`);
    assert.equal((cause as Error).message, text);
  }
});

Deno.test("classify() tells ffmpeg's last words where it knows no better, or the signal", () => {
  const said = (...levels: FfmpegMessage["level"][]) =>
    levels.map((level, at) => ({ level, text: `words ${at}` }));
  const words = (messages: readonly FfmpegMessage[], signal: Deno.Signal | null = null) =>
    classify("cam", messages, signal).message;
  assert.equal(words(said("fatal", "error", "warning")), "Cannot read cam: words 1");
  assert.equal(words(said("info")), "Cannot read cam: ffmpeg exited without output");
  assert.equal(words(said("info"), "SIGSEGV"), "Cannot read cam: ffmpeg was ended by SIGSEGV");
  assert.equal(words(said("error"), "SIGSEGV"), "Cannot read cam: words 0");
});

Deno.test("classify() believes a fatal error as much as any, and the last of several", () => {
  const error = classify("cam", [
    { level: "warning", text: "Connection refused" },
    { level: "fatal", text: "Connection timed out" },
  ]);
  assert.equal(error.reason, "timeout");
  const last = classify("cam", [
    { level: "error", text: "Unrecognized hwaccel: one" },
    { level: "error", text: "Unrecognized hwaccel: two" },
  ]);
  assert.match(last.message, /called two$/);
});

Deno.test("causeAtHome() knows memory and room as its own, and nothing that a camera does", () => {
  const error = (text: string, level: FfmpegMessage["level"] = "error") => [{ level, text }];
  const memory = causeAtHome("cam", error("Cannot allocate memory"));
  assert.equal(memory?.reason, "memory");
  assert.equal(
    memory?.message,
    "Cannot go on reading cam: it wants more memory than ffmpeg may take",
  );
  assert.equal(causeAtHome("cam", error("No space left on device"))?.reason, "no_space");
  assert.equal(causeAtHome("cam", error("Connection refused")), null);
  assert.equal(causeAtHome("cam", error("Cannot allocate memory", "warning")), null);
  assert.equal(isOutOfMemory("get_buffer() failed"), true);
  assert.equal(isOutOfMemory("all is well"), false);
});

Deno.test("noSocket() tells a permission that is missing from a folder that is not ours", () => {
  const forbidden = noSocket("read cam", new Deno.errors.NotCapable("no"));
  assert.equal(forbidden.message, "Cannot read cam: no permission for a socket");
  assert.match(forbidden.hint, /`permissions`/);
  const nowhere = noSocket("read cam", new Deno.errors.PermissionDenied("no"));
  assert.equal(nowhere.message, "Cannot read cam: no place for a socket");
  assert.match(nowhere.hint, /TMPDIR/);
});
