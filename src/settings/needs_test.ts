import { deepEqual, equal, match } from "node:assert/strict";
import { dirname } from "node:path";
import { fixedSocketPath } from "../private_socket.ts";
import { Needs } from "./needs.ts";

function values(add: (needs: Needs) => void): Record<string, true | string[]> {
  const needs = new Needs(new URL("file:///app/"));
  add(needs);
  return Object.fromEntries(
    [...needs.values].map(([kind, found]) => [kind, found === true ? true : [...found]]),
  );
}

Deno.test("Needs adds up what is asked, and all of a kind is more than any of it", () => {
  deepEqual(
    values((needs) => {
      needs.add("read", "/a", "/b");
      needs.add("read", "/b", "/c");
      needs.add("write");
      needs.add("ffi", "/x");
      needs.all("ffi");
      needs.add("ffi", "/y");
    }),
    { read: ["/a", "/b", "/c"], write: [], ffi: true },
  );
});

Deno.test("Needs.host() names the port of the protocol where a URL has none", () => {
  deepEqual(
    values((needs) => {
      for (const scheme of ["http", "https", "grpc", "grpcs"]) {
        needs.host(`${scheme}://${scheme}/x`);
      }
      needs.host(new URL("https://h:8443"));
      needs.host("https://code.example", "import");
    }),
    {
      net: ["http:80", "https:443", "grpc:80", "grpcs:443", "h:8443"],
      import: ["code.example:443"],
    },
  );
});

Deno.test("Needs.readFile() takes files of this machine and of the web", () => {
  deepEqual(
    values((needs) => {
      needs.readFile("file:///a%20b/c.ts");
      needs.readFile("https://h/c.ts");
    }),
    { read: ["/a b/c.ts"], net: ["h:443"] },
  );
});

Deno.test("Needs.socket() takes the socket and its folder", () => {
  const path = fixedSocketPath("view");
  deepEqual(values((needs) => needs.socket("view")), {
    ...{ net: [`unix:${path}`], read: [dirname(path)], write: [dirname(path)] },
    env: ["TMPDIR", "TMP", "TEMP"],
  });
});

Deno.test("Needs.package() takes the folder of a package, whole, and that alone", () => {
  const isKnown = import.meta.resolve("onnxruntime-node").startsWith("file:");
  const { ffi, ...more } = values((needs) => needs.package("onnxruntime-node"));
  deepEqual(more, {});
  // Where Deno does not tell its folder, less than all cannot be asked for.
  if (isKnown) match(String(ffi), /[/\\]onnxruntime-node[/\\][^/\\]+$/);
  else equal(ffi, true);
  const picture = values((needs) => needs.package("imagescript"));
  deepEqual(picture["read"], isKnown ? picture["ffi"] : undefined);
});
