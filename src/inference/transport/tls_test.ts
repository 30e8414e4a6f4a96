import { ServerCredentials } from "@grpc/grpc-js";
import { getLogger } from "@logtape/logtape";
import { Buffer } from "node:buffer";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { failureOf } from "../../../tests/support/failure_of.ts";
import { serverConfig } from "../../../tests/support/server_config.ts";
import {
  type Certificates,
  noCertificates,
  withCertificates,
} from "../../../tests/support/with_certificates.ts";
import { withGrpcServer } from "../../../tests/support/with_grpc_server.ts";
import type { Inference, TlsConfig } from "../inference.ts";
import { openInference } from "../open.ts";
import { loadKserve } from "./protos.ts";

const none: TlsConfig = { caFile: null, certFile: null, keyFile: null };

test("grpcs:// trusts the authority file and shows the client's certificate", async () => {
  await using files = await withCertificates();
  using server = await withGrpcServer({
    credentials: ServerCredentials.createSsl(
      Buffer.from(await Deno.readFile(files.ca)),
      [{
        private_key: Buffer.from(await Deno.readFile(files.serverKey)),
        cert_chain: Buffer.from(await Deno.readFile(files.serverCert)),
      }],
      true,
    ),
    services: [[await loadKserve(), {
      ServerLive: () => ({ live: true }),
      ModelReady: () => ({ ready: true }),
      ModelMetadata: () => ({ name: "m" }),
    }]],
  });
  const url = `grpcs://localhost:${server.port}`;
  await using inference = open(url, withClient(files));
  equal(await inference.ready(), true);
  await using stranger = open(url, { ...none, caFile: files.ca });
  equal((await failureOf(stranger.metadata())).reason, "unavailable");
  await using trusting = open(url, none);
  const failure = await failureOf(trusting.metadata());
  match(failure.message, /certificate/i);
  match(failure.hint, /--tls_ca/);
});

test("https:// trusts the authority file and shows the client's certificate", async () => {
  await using files = await withCertificates();
  await using server = await withOpensslServer(files, "v2/models/m/ready");
  const url = `https://localhost:${server.port}`;
  await using inference = open(url, withClient(files));
  equal(await inference.ready(), true);
  await using stranger = open(url, { ...none, caFile: files.ca });
  equal(await stranger.ready(), false);
  await using trusting = open(url, none);
  const failure = await failureOf(trusting.metadata());
  match(failure.message, /certificate/i);
  match(failure.hint, /--tls_ca/);
});

test("a certificate that is refused is told in plain words, with what to do, over gRPC and HTTPS", async () => {
  await using files = await withCertificates();
  const cases: [cert: string, key: string, ca: string | null, words: RegExp, hint: RegExp][] = [
    [
      files.ownCert,
      files.ownKey,
      files.ownCert,
      /certificate of an authority \(CA:TRUE\) as its own certificate$/,
      /CA:FALSE/,
    ],
    [
      files.serverCert,
      files.serverKey,
      null,
      /signed by no authority that is trusted here$/,
      /authority .* --tls_ca/,
    ],
    [
      files.otherCert,
      files.otherKey,
      files.ca,
      /is not for localhost, only for other\.example$/,
      /--ovms_url .* subjectAltName/,
    ],
    [files.expiredCert, files.expiredKey, files.ca, /certificate has expired$/, /Renew/],
  ];
  for (const [cert, key, caFile, words, hint] of cases) {
    await using server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      cert: await Deno.readTextFile(cert),
      key: await Deno.readTextFile(key),
      onListen: () => {},
    }, () => new Response());
    for (const scheme of ["grpcs", "https"]) {
      const url = `${scheme}://localhost:${server.addr.port}`;
      await using inference = open(url, { ...none, caFile });
      const failure = await failureOf(inference.metadata());
      equal(failure.reason, "unavailable");
      match(failure.message, words);
      match(failure.hint, hint);
    }
  }
});

test("https:// sends the password of the URL and keeps it out of every message", async () => {
  await using files = await withCertificates();
  const seen: (string | null)[] = [];
  const controller = new AbortController();
  await using server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert: await Deno.readTextFile(files.serverCert),
    key: await Deno.readTextFile(files.serverKey),
    signal: controller.signal,
    onListen: () => {},
  }, (request) => {
    seen.push(request.headers.get("authorization"));
    return Response.json({ error: "not you" }, { status: 401 });
  });
  const url = `https://me:s%40cret@127.0.0.1:${server.addr.port}`;
  await using inference = open(url, { ...none, caFile: files.ca });
  const failure = await failureOf(inference.metadata());
  equal(failure.reason, "unauthorized");
  equal(seen.at(-1), `Basic ${btoa("me:s@cret")}`);
  deepEqual(`${failure.message} ${inference.description}`.match(/s%40cret|s@cret/), null);
});

function test(name: string, fn: () => Promise<void>): void {
  const reason = noCertificates === null ? "" : ` (ignored: ${noCertificates})`;
  Deno.test({ name: name + reason, ignore: noCertificates !== null, fn });
}

function withClient({ ca, clientCert, clientKey }: Certificates): TlsConfig {
  return { caFile: ca, certFile: clientCert, keyFile: clientKey };
}

/** OpenSSL's own server: it asks for a client certificate, which Deno's cannot, and serves a file. */
async function withOpensslServer(files: Certificates, path: string) {
  const folder = await Deno.makeTempDir({ prefix: "sightline_https_" });
  await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
  await Deno.writeTextFile(`${folder}/${path}`, "");
  const child = new Deno.Command("openssl", {
    // deno-fmt-ignore
    args: ["s_server", "-WWW", "-accept", "127.0.0.1:0", "-Verify", "1", "-verify_return_error",
      "-CAfile", files.ca, "-cert", files.serverCert, "-key", files.serverKey],
    cwd: folder,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let port: string | undefined;
  while (port === undefined) {
    const { value, done } = await reader.read();
    ok(!done, `openssl s_server did not start: ${text}`);
    text += value;
    port = /ACCEPT \S+:(\d+)/.exec(text)?.[1];
  }
  return {
    port: Number(port),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function open(url: string, tls: TlsConfig): Inference {
  const config = serverConfig({ url, modelName: "m", api: "kserve", timeoutMs: 3000, tls });
  return openInference(config, getLogger(["test"]));
}
