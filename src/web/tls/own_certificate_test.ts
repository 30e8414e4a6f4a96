import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { ownCertificate } from "./own_certificate.ts";

const dayMs = 86_400_000;

Deno.test("ownCertificate() makes one for the names that it is asked for", async () => {
  const { cert, key, fingerprint } = await ownCertificate(null, ["cameras.example", "192.0.2.7"]);
  const made = new X509Certificate(cert);
  equal(made.checkHost("cameras.example"), "cameras.example");
  equal(made.checkIP("192.0.2.7"), "192.0.2.7");
  equal(made.checkHost("localhost"), "localhost");
  equal(made.checkHost("elsewhere.example"), undefined);
  match(fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  match(key, /^-----BEGIN PRIVATE KEY-----\n/);
});

Deno.test("ownCertificate() keeps it, until it is old or another name is wanted", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sightline_tls_" });
  try {
    const first = await ownCertificate(`${folder}/tls`, ["a.example"]);
    deepEqual(await ownCertificate(`${folder}/tls`, ["a.example"]), first);
    equal((await Deno.stat(`${folder}/tls/key.pem`)).mode! & 0o777, 0o600);
    const other = await ownCertificate(`${folder}/tls`, ["b.example"]);
    notEqual(other.fingerprint, first.fingerprint);
    const later = await ownCertificate(`${folder}/tls`, ["b.example"], Date.now() + 800 * dayMs);
    notEqual(later.fingerprint, other.fingerprint);
    await Deno.writeTextFile(`${folder}/tls/cert.pem`, "damaged");
    notEqual((await ownCertificate(`${folder}/tls`, [])).fingerprint, later.fingerprint);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
