/** What hands out modules of Node by a name that is made while it runs, which no look can find. */

const loaders = ["getBuiltinModule", "binding", "_linkedBinding", "mainModule"];

/**
 * Takes them from the global `process`, before the plugin is loaded. No wall: a Worker that the plugin
 * starts has a `process` of its own, below the same permissions.
 */
export function withholdLoaders(): void {
  const { process } = globalThis as unknown as { process: object };
  for (const name of loaders) Reflect.deleteProperty(process, name);
}
