/** The entry module of a guest. */

/**
 * Imports the guest's side, which confines what comes after it, then the plugin. Both by literal
 * specifiers, which Deno loads as one graph before anything runs: the permissions of a guest do not
 * cover that, so it needs none to be loaded. What is imported later is checked like any other access.
 */
export function guestEntry(guest: string, plugin: string): string {
  const code = [
    `import { fail, serve } from ${JSON.stringify(guest)};`,
    `import(${JSON.stringify(plugin)}).then(serve, fail);`,
  ].join("\n");
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
