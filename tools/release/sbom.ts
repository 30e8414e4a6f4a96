/** A software bill of materials (CycloneDX). */

import type { Package } from "./packages.ts";

/** What it is of. */
export interface SbomRequest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly packages: readonly Package[];
  /** When it was made; the same input gives the same text. */
  readonly timestamp: string;
}

/** CycloneDX 1.6, as JSON. By hand: it is one object, and its library wants an XML parser in C. */
export function sbom({ name, version, license, packages, timestamp }: SbomRequest): string {
  const own = `pkg:generic/sightline@${version}`;
  const used = packages.filter(({ development }) => !development);
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp,
      component: {
        ...{ type: "application", "bom-ref": own, name, version, purl: own },
        licenses: [{ expression: license }],
      },
    },
    components: used.map((part) => ({
      type: "library",
      "bom-ref": purl(part),
      name: part.name,
      version: part.version,
      purl: purl(part),
      licenses: [{ expression: part.license }],
      hashes: [hashOf(part.integrity)],
      ...(part.homepage === ""
        ? {}
        : { externalReferences: [{ type: "website", url: part.homepage }] }),
    })),
    dependencies: [
      { ref: own, dependsOn: used.filter(({ direct }) => direct).map(purl) },
      ...used.map((part) => ({
        ref: purl(part),
        dependsOn: used.filter((child) => part.dependencies.includes(keyOf(child))).map(purl),
      })),
    ],
  };
  return JSON.stringify(document, null, 2) + "\n";
}

function keyOf({ name, version }: Package): string {
  return `${name}@${version}`;
}

/** A package's URL: the at of a scope is percent-encoded. */
function purl({ name, version }: Package): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** `sha512-BASE64` as an algorithm and hexadecimal digits. */
function hashOf(integrity: string): { alg: string; content: string } {
  const [algorithm = "", base64 = ""] = integrity.split("-", 2);
  return {
    alg: algorithm.replace(/^sha/, "SHA-"),
    content: Uint8Array.fromBase64(base64).toHex(),
  };
}
