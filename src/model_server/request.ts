/** A request as all three protocols boil down to. */

/** OVMS's own limit of a request, in bytes. */
export const maxMessageBytes = 2 ** 30;

/** Where the elements of an input stand. */
export type Content =
  /** Little-endian bytes in row-major order. */
  | { readonly kind: "raw"; readonly bytes: Uint8Array }
  /** Numbers in a field of the protocol that fits the model's element type. */
  | { readonly kind: "values"; readonly values: readonly (number | bigint | boolean | string)[] }
  /** Byte strings: encoded pictures, or texts. */
  | { readonly kind: "strings"; readonly strings: readonly Uint8Array[] };

/** One input as the client sent it, not yet checked against the model. */
export interface RequestInput {
  readonly name: string;
  /** KServe's name of the element type; anything at all may stand here. */
  readonly datatype: string;
  /** The same as this protocol's refusals spell it: UINT8 over KServe, U8 over TensorFlow's. */
  readonly spelled: string;
  readonly shape: readonly number[];
  readonly content: Content;
}

/** Splits BYTES elements that each follow their length as 4 little-endian bytes; null if they do not. */
export function splitByteStrings(bytes: Uint8Array): Uint8Array[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const strings: Uint8Array[] = [];
  let offset = 0;
  while (offset + 4 <= bytes.byteLength) {
    const end = offset + 4 + view.getUint32(offset, true);
    if (end > bytes.byteLength) return null;
    strings.push(bytes.subarray(offset + 4, end));
    offset = end;
  }
  return offset === bytes.byteLength ? strings : null;
}

/** Values of KServe's `parameters`, by name; what they hold differs from protocol to protocol. */
export type Parameters = Readonly<Record<string, unknown>>;

/** An output that a request names. */
export interface RequestedOutput {
  readonly name: string;
  readonly parameters: Parameters;
}
