import assert from "node:assert/strict";
import { maskSecrets } from "./mask.ts";
import { SecretMask } from "./secret_mask.ts";

/** The same numbers each time. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed;;) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    yield (state >>> 8) / 2 ** 24;
  }
}

Deno.test("SecretMask masks what one URL after the other masks", () => {
  const random = numbers(7);
  const below = (limit: number) => Math.floor(random.next().value * limit);
  const one = <Item>(items: readonly Item[]) => items[below(items.length)]!;
  // Few letters and the mask's own, so that secrets meet in, and arise from, what others leave.
  const word = (most: number) =>
    Array.from({ length: below(most) }, () => one([..."aab*:@=&%é/"])).join("");
  let changed = 0;
  for (let round = 0; round < 4000; round++) {
    const urls = Array.from(
      { length: 1 + below(5) },
      () =>
        one([
          () => `rtsp://u:${word(7)}@cam.lan/${word(4)}`,
          () => `http://cam/x?pwd=${word(7)}&token=${word(3)}`,
          () => `rtsp://u:@cam/${word(3)}`,
          () => `/clips/${word(5)}`,
        ])(),
    );
    const secrets = urls.flatMap((url) => url.split(/[:@=&/]/)).filter((part) => part !== "");
    const pieces = [...urls, ...secrets, ...secrets.map(encodeURIComponent), " ", "="];
    const text = Array.from({ length: 2 + below(8) }, () => one(below(3) > 0 ? pieces : [word(6)]))
      .join("");
    const expected = [...new Set(urls)].reduce(maskSecrets, text);
    assert.equal(new SecretMask({ urls }).mask(text), expected, JSON.stringify({ urls, text }));
    if (expected !== text) changed++;
  }
  assert.ok(changed > 1000, `${changed} texts were masked`);
});

Deno.test("SecretMask masks the secrets of a URL that comes later", () => {
  const secrets = new SecretMask({ urls: ["rtsp://u:first@cam/x"] });
  assert.equal(secrets.mask("first second"), "*** second");
  secrets.add({ urls: ["rtsp://u:second@cam/x"] });
  assert.equal(secrets.mask("first second"), "*** ***");
});

Deno.test("SecretMask goes through a secret of several URLs once", () => {
  const urls = ["rtsp://u:same@a/", "rtsp://u:other@b/", "rtsp://u:same@c/", "rtsp://u:othe@d/"];
  assert.equal(new SecretMask({ urls }).mask("same other othe same"), "*** *** *** ***");
});

Deno.test("SecretMask masks words, but for those that are too short", () => {
  const secrets = new SecretMask({ urls: ["rtsp://u:token-1@cam/"], words: ["token", "abc"] });
  assert.equal(secrets.mask("abc, token-1, token-2"), "abc, ***, ***-2");
  secrets.add({ words: ["abc, "] });
  assert.equal(secrets.mask("abc, token-1, token-2"), "******, ***-2");
});
