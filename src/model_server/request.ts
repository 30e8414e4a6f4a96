/** An inference request, whichever of the three protocols it came by. */

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

/** Values of KServe's `parameters`, by name; what they hold differs from protocol to protocol. */
export type Parameters = Readonly<Record<string, unknown>>;

/** An output that a request names. */
export interface RequestedOutput {
  readonly name: string;
  readonly parameters: Parameters;
}
