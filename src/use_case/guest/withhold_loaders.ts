/** Removes the functions that load Node modules by a name computed at run time, which no analysis finds. */

const loaders = ["getBuiltinModule", "binding", "_linkedBinding", "mainModule"];

/**
 * Removes them from the global `process`, before the plugin is loaded. This is no security boundary: a
 * Worker that the plugin starts has a `process` of its own, under the same permissions.
 */
export function withholdLoaders(): void {
  const { process } = globalThis as unknown as { process: object };
  for (const name of loaders) Reflect.deleteProperty(process, name);
}
