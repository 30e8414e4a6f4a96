import assert from "node:assert/strict";
import { classify, type FfmpegMessage } from "./reason.ts";
import type { SourceReason } from "./source.ts";

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
