/** A model as a file, for as long as it is needed. */

/** Writes `model` into a folder of its own; disposing removes it. */
export async function withModelFile(
  name: string,
  model: Uint8Array,
): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await Deno.makeTempDir({ prefix: "sightline_model_" });
  const path = `${folder}/${name}.onnx`;
  await Deno.writeFile(path, model);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}
