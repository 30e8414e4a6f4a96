/** Cameras that speak TLS: who is believed, and what is said of the others. */

import assert from "node:assert/strict";
import type { SourceError } from "../src/source/source.ts";
import { numberedClip } from "./support/clips.ts";
import { sourceFailure, takeFrames } from "./support/with_source.ts";
import { noCertificates, withCertificates } from "./support/with_certificates.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";
import { withTlsFront } from "./support/with_tls_front.ts";

const ignore = rtspServerMissing || noCertificates !== null;
const reason = rtspReason || (noCertificates === null ? "" : ` (${noCertificates})`);
const plain = { width: 240, height: 160, fps: 25, frames: 50 };

Deno.test(
  { name: `rtsps: a camera whose certificate is good is read${reason}`, ignore },
  async () => {
    await using files = await withCertificates();
    await using server = await startRtspServer({
      clips: { a: await numberedClip(plain) },
      ...{ user: "cam", password: "p@:/#?!x", digest: true },
    });
    await using front = await withTlsFront(server.port, files.serverCert, files.serverKey);
    const url = `rtsps://cam:p@:/#?!x@localhost:${front.port}/a`;
    const tls = { caFile: files.ca, insecure: false };
    for (const rtspTransport of ["tcp", "udp"] as const) {
      assert.equal((await takeFrames({ url, tls, rtspTransport }, 30)).length, 30);
    }
    const wrong = await sourceFailure({ url: url.replace("!x", "!y"), tls });
    assert.equal(wrong.reason, "unauthorized");
  },
);

Deno.test({ name: `rtsps: the camera's own certificate is enough${reason}`, ignore }, async () => {
  await using files = await withCertificates();
  await using server = await startRtspServer({ clips: { a: await numberedClip(plain) } });
  await using front = await withTlsFront(server.port, files.ownCert, files.ownKey);
  const url = `rtsps://127.0.0.1:${front.port}/a`;
  const known = { url, tls: { caFile: files.ownCert, insecure: false } };
  assert.equal((await takeFrames(known, 5)).length, 5);
  assert.equal((await takeFrames({ url, tls: { caFile: null, insecure: true } }, 5)).length, 5);
});

Deno.test(
  { name: `rtsps: each certificate that is not good has its reason${reason}`, ignore },
  async () => {
    await using files = await withCertificates();
    await using server = await startRtspServer({ clips: { a: await numberedClip(plain) } });
    for (const [cert, key, caFile, words] of files.bad) {
      await using front = await withTlsFront(server.port, cert, key);
      const url = `rtsps://u:hidden@localhost:${front.port}/a`;
      const error = await sourceFailure({ url, tls: { caFile, insecure: false } });
      assertTls(error, `its certificate ${words}`);
      assert.match(
        error.message,
        new RegExp(`^Cannot read rtsps://u:\\*\\*\\*@localhost:${front.port}`),
      );
      assert.equal((await takeFrames({ url, tls: { caFile, insecure: true } }, 2)).length, 2);
    }
  },
);

Deno.test(
  { name: `rtsps: a camera without TLS, and one that is not there${reason}`, ignore },
  async () => {
    await using server = await startRtspServer({ clips: { a: await numberedClip(plain) } });
    const url = `rtsps://127.0.0.1:${server.port}/a`;
    assertTls(
      await sourceFailure({ url, stallTimeoutMs: 3000 }),
      "what answers there does not speak TLS",
    );
    await server.kill();
    assert.equal((await sourceFailure({ url })).reason, "refused");
    assert.equal((await sourceFailure({ url: "rtsps://no-such-host.invalid/a" })).reason, "dns");
  },
);

Deno.test({ name: `rtsps: certificates that cannot be read${reason}`, ignore }, async () => {
  await using files = await withCertificates();
  const tls = { caFile: files.serverKey, insecure: false };
  const error = await sourceFailure({ url: "rtsps://127.0.0.1:1/a", tls });
  assertTls(error, `the certificates in ${files.serverKey} cannot be read`);
});

function assertTls(error: SourceError, words: string): void {
  assert.equal(error.reason, "tls", Deno.inspect(error));
  assert.ok(error.message.includes(words), error.message);
}
