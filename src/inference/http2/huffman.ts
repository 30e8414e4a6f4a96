/** HPACK's Huffman code (RFC 7541, appendix B), as far as header text of gRPC can use it. */

// The code is canonical: codes of one length follow each other in the order of their symbols, and
// so the symbols of each length are all there is to know. Of the codes over 15 bits only that of
// the backslash stands for ASCII; other bytes are percent-encoded in gRPC and do not come.
const symbolsByLength: Readonly<Record<number, string>> = {
  5: "012aceiost",
  6: " %-./3456789=A_bdfghlmnpru",
  7: ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz",
  8: "&*,;XZ",
  10: '!"()?',
  11: "'+|",
  12: "#>",
  13: "\0$@[]~",
  14: "^}",
  15: "<`{",
  19: "\\",
};

const longest = 19;

/** Symbol of each code, keyed by the code with a 1 before it, which tells its length. */
const symbols = makeSymbols();

function makeSymbols(): ReadonlyMap<number, string> {
  const map = new Map<number, string>();
  let code = 0;
  for (let length = 5; length <= longest; length++) {
    for (const symbol of symbolsByLength[length] ?? "") map.set(1 << length | code++, symbol);
    code <<= 1;
  }
  return map;
}

/** The text behind `bytes`; what is no ASCII text ends it with U+FFFD. */
export function decodeHuffman(bytes: Uint8Array): string {
  let text = "";
  let code = 1;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code << 1 | byte >> bit & 1;
      const symbol = symbols.get(code);
      if (symbol !== undefined) {
        text += symbol;
        code = 1;
      } else if (code >> longest > 0) {
        return text + "\ufffd";
      }
    }
  }
  // What is left is padding: less than a byte of ones.
  return text;
}
