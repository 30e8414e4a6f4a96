/** Certificates for tests, made afresh by the `openssl` command. */

/** Paths of PEM files: an authority, and a server and a client that it vouches for. */
export interface Certificates extends AsyncDisposable {
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
  /** Of servers that are not to be trusted: for another host, and of yesterday. */
  readonly otherCert: string;
  readonly otherKey: string;
  readonly expiredCert: string;
  readonly expiredKey: string;
  /** Signed by itself, and without a host name, as cameras make theirs. */
  readonly ownCert: string;
  readonly ownKey: string;
  /** None that a client trusts who knows the authority, if any: why not, in our words. */
  readonly bad: readonly (readonly [cert: string, key: string, ca: string | null, why: string])[];
}

/** Why no certificates can be made here; null = they can. */
export const noCertificates: string | null = hasOpenssl() ? null : "no openssl command here";

/** Makes them, for `localhost` and `127.0.0.1`; disposing removes the files. */
export async function withCertificates(): Promise<Certificates> {
  const folder = await Deno.makeTempDir({ prefix: "sightline_tls_" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  // deno-fmt-ignore
  await openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
    "-subj", "/CN=Test authority");
  await issue("server", "subjectAltName=DNS:localhost,IP:127.0.0.1");
  await issue("client", "extendedKeyUsage=clientAuth");
  await issue("other", "subjectAltName=DNS:other.example");
  await issue("expired", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-1");
  // deno-fmt-ignore
  await openssl("req", "-x509", ...newKey, "-keyout", "own.key", "-out", "own.pem", "-days", "2",
    "-subj", "/CN=IPC");
  const files = {
    ca: `${folder}/ca.pem`,
    serverCert: `${folder}/server.pem`,
    serverKey: `${folder}/server.key`,
    clientCert: `${folder}/client.pem`,
    clientKey: `${folder}/client.key`,
    otherCert: `${folder}/other.pem`,
    otherKey: `${folder}/other.key`,
    expiredCert: `${folder}/expired.pem`,
    expiredKey: `${folder}/expired.key`,
    ownCert: `${folder}/own.pem`,
    ownKey: `${folder}/own.key`,
  };
  const untrusted = "is signed by an authority that is not trusted here";
  return {
    ...files,
    bad: [
      [files.serverCert, files.serverKey, null, untrusted],
      [files.ownCert, files.ownKey, null, "is signed by itself"],
      [files.otherCert, files.otherKey, files.ca, "is for another host name"],
      [files.expiredCert, files.expiredKey, files.ca, "has expired"],
    ],
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };

  async function issue(name: string, extension: string, days = "2"): Promise<void> {
    await Deno.writeTextFile(`${folder}/${name}.ext`, extension);
    // deno-fmt-ignore
    await openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`,
      "-subj", `/CN=${name}`);
    // deno-fmt-ignore
    await openssl("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key",
      "-CAcreateserial", "-days", days, "-extfile", `${name}.ext`, "-out", `${name}.pem`);
  }

  async function openssl(...args: string[]): Promise<void> {
    const { success, stderr } = await new Deno.Command("openssl", { args, cwd: folder }).output();
    if (!success) {
      throw new Error(`Cannot make certificates: ${new TextDecoder().decode(stderr)}`);
    }
  }
}

function hasOpenssl(): boolean {
  try {
    return new Deno.Command("openssl", { args: ["version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}
