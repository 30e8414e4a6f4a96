import assert from "node:assert/strict";
import { hostAndPort, hostFault, isHttps, isRtsps, parseAddress } from "./address.ts";

const cases: [typed: string, kind: string, url: string][] = [
  ["rtsp://cam/live", "rtsp", "rtsp://cam/live"],
  ["RTSP://cam/live", "rtsp", "rtsp://cam/live"],
  ["rtsps://u:p@cam/live", "rtsp", "rtsps://u:p@cam/live"],
  ["rtsp://u:p@:/#?!x@10.0.0.1:8554/a", "rtsp", "rtsp://u:p%40%3A%2F%23%3F%21x@10.0.0.1:8554/a"],
  ["rtsp://u:p%40ss@cam/a", "rtsp", "rtsp://u:p%40ss@cam/a"],
  ["http://cam/video.mjpg", "http", "http://cam/video.mjpg"],
  ["https://cam/video.mjpg", "http", "https://cam/video.mjpg"],
  ["srt://cam:9", "srt", "srt://cam:9"],
  ["rtsp://:secret@cam/live", "rtsp", "rtsp://:secret@cam/live"],
  ["udp://239.0.0.1:1234", "udp", "udp://239.0.0.1:1234"],
  ["rtmp://cam/live/key", "rtmp", "rtmp://cam/live/key"],
  ["camera.sdp", "sdp", "file:camera.sdp"],
  ["/dev/video0", "device", "/dev/video0"],
  ["/dev/video", "file", "file:/dev/video"],
  ["clip.mp4", "file", "file:clip.mp4"],
  ["cam:1.mp4", "file", "file:cam:1.mp4"],
  ["-x.mp4", "file", "file:-x.mp4"],
  ["file:///a%20b.mp4", "file", "file:/a b.mp4"],
];

for (const [typed, kind, url] of cases) {
  Deno.test(`parseAddress() on ${typed}`, () => {
    assert.deepEqual(parseAddress(typed), { kind, url });
  });
}

Deno.test("isRtsps() and hostAndPort() know how a camera is reached", () => {
  const isSecure = (text: string) => isRtsps(parseAddress(text));
  assert.deepEqual(["RTSPS://cam/x", "rtsp://cam/x", "rtsp://cam/rtsps://"].map(isSecure), [
    ...[true, false, false],
  ]);
  assert.deepEqual(hostAndPort("rtsp://u:p@cam:8554/x", 554), { hostname: "cam", port: 8554 });
  for (const host of ["cam:1live", "u:pw@", "cam:0", "cam:99999", "[fe80::1%eth0]"]) {
    assert.equal(hostAndPort(`rtsp://${host}/x`, 554), null, host);
  }
  assert.deepEqual(hostAndPort("rtsps://[fe80::1]/x", 322), { hostname: "fe80::1", port: 322 });
});

Deno.test("isHttps() knows what is fetched over TLS", () => {
  const urls = ["HTTPS://cam/x", "http://cam/x", "http://cam/https://", "rtsps://cam/x"];
  assert.deepEqual(urls.map((url) => isHttps(parseAddress(url))), [true, false, false, false]);
});

Deno.test("parseAddress() leaves a user without a password, and takes a file's URL for its path", () => {
  const urls: [typed: string, url: string][] = [
    ["rtsp://us er@cam/x", "rtsp://us%20er@cam/x"],
    ["rtsp://u:@cam/x", "rtsp://u:@cam/x"],
    ["file://localhost/a%20b.mp4", "file:/a b.mp4"],
    ["file:///a%zz.mp4", "file:/a%zz.mp4"],
    ["file:clip.mp4", "file:clip.mp4"],
    ["CLIP.SDP", "file:CLIP.SDP"],
    ["srt://cam:9", "srt://cam:9"],
  ];
  for (const [typed, url] of urls) assert.equal(parseAddress(typed).url, url);
});

Deno.test("hostFault() finds what no camera can be reached at, and nothing wrong with any other", () => {
  const faults: [url: string, fault: ReturnType<typeof hostFault>][] = [
    ["rtsp://cam/live", null],
    ["rtsp://u:p:5@cam:554", null],
    ["rtsp://cam:65535/x", null],
    ["rtsp://cam:00554/x", null],
    ["rtsp://cam:/x", null],
    ["rtsp://[fe80::1%eth0]:554/x", null],
    ["clip.mp4", "no host"],
    ["rtsp://cam:65536/x", "bad port"],
    ["rtsp://cam:0/x", "bad port"],
    ["rtsp://cam:1live/x", "bad port"],
    ["rtsp:///x", "no host"],
    ["rtmp://:1935/x", "no host"],
    ["rtsp://ca|m/x", "bad host"],
    ["rtsp://1.2.3.4.5/x", "bad host"],
    ["rtsp://[fe80::x]/x", "bad host"],
    ["rtsp://u:pw@[::1/x", "open bracket"],
    ["rtsp://u:pw@[::1", "open bracket"],
    ["srt://[", "open bracket"],
    ["rtsp://u:p[w@cam/x", null],
    ["rtsp://[::1]x/x", "bad port"],
    ["rtsp://::1/x", "bare IPv6"],
    ["rtsp://fe80::1:554/x", "bare IPv6"],
    ["udp://ff02::1", "bare IPv6"],
    ["udp://:1234", null],
    ["srt://:1234", null],
    ["udp://:123456", "bad port"],
  ];
  for (const [url, fault] of faults) assert.equal(hostFault(url), fault, url);
});
