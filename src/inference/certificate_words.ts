/** Plain words, and a hint, for the reasons for which TLS rejects a server's certificate. */

/** A sentence about a certificate, and what can be done. */
export interface CertificateWords {
  readonly words: string;
  readonly hint: string;
}

const begin = /^.*invalid peer certificate: /;

const usual = "Check --tls_ca, and that --ovms_url names the host as the certificate does.";

/** By what the system calls it. */
const sentences: readonly (readonly [RegExp, words: string, hint: string])[] = [
  [
    /CaUsedAsEndEntity/,
    "the server shows the certificate of an authority (CA:TRUE) as its own certificate",
    "Issue the server a certificate of its own, signed by that authority, whose certificate stays in --tls_ca; or make the self-signed one anew with basicConstraints=critical,CA:FALSE.",
  ],
  [
    /UnknownIssuer/,
    "the server's certificate is signed by no authority that is trusted here",
    "Name the PEM file of the authority that signed it in --tls_ca.",
  ],
  [
    /Expired/i,
    "the server's certificate has expired",
    "Renew the certificate on the server, and check the clock of this machine.",
  ],
  [
    /NotValidYet|not valid yet/i,
    "the server's certificate is not valid yet",
    "Check the clocks of this machine and of the one that made the certificate.",
  ],
  [
    /UnsupportedCertVersion/,
    "the server's certificate is of X.509 version 1, which has no host names",
    "Make it anew with a subjectAltName that names the server's host.",
  ],
  [
    /BadEncoding|BadDer/,
    "the server's certificate is damaged",
    "Make it anew, and look into the model server's log.",
  ],
  [
    /BadSignature|InvalidSignature/,
    "the server's certificate is not signed by the authority that it names",
    "Name the PEM file of the authority that signed it in --tls_ca: another one has the same name.",
  ],
  [
    /InvalidPurpose|RequiredEkuNotFound/,
    "the server's certificate is not one for servers",
    "Issue it anew with extendedKeyUsage=serverAuth.",
  ],
  [/Revoked/, "the server's certificate was revoked", "Issue the server another one."],
];

/** Null where `words` are not about a server's certificate that is refused. */
export function certificateWords(words: string): CertificateWords | null {
  if (!begin.test(words)) return null;
  const raw = words.replace(begin, "");
  const names = /not valid for (?:name )?("[^"]*"|any)|NotValidForName/i.exec(raw);
  if (names !== null) return otherName(raw, names[1]);
  const [, plain, hint] = sentences.find(([called]) => called.test(raw)) ?? [];
  if (plain !== undefined && hint !== undefined) return { words: plain, hint };
  const inner = /(\w+)\)*$/.exec(raw)?.[1] ?? raw;
  return { words: `the server's certificate is refused (${inner})`, hint: usual };
}

function otherName(raw: string, asked = ""): CertificateWords {
  const has = [...raw.matchAll(/(?:DnsName|IpAddress)\(([^()]*(?:\([^)]*\))?)\)/g)]
    .map(([, name = ""]) => name.replaceAll('"', ""));
  const only = has.length === 0 ? "" : `, only for ${has.join(", ")}`;
  const host = asked === "" ? "the host in --ovms_url" : asked.replaceAll('"', "");
  return {
    words: `the server's certificate is not for ${host}${only}`,
    hint:
      "Name the host in --ovms_url as the certificate does, or issue the server one whose subjectAltName has this name.",
  };
}
