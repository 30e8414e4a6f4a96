/** What a compiled binary holds besides the modules that `main.ts` reaches by imports. */

import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

/** Modules that are started by URL rather than imported, and those that plugins may name. */
export const embeddedModules = [
  "src/delivery/store/store_worker.ts",
  "src/events/log_worker.ts",
  "src/inference/onnx/onnx_worker.ts",
  "src/use_case/guest/worker_guest.ts",
  "src/use_case/guest/process_guest.ts",
  "src/use_case/modules/parse_worker.ts",
  "src/use_case/wall/launch.ts",
  "src/mod.ts",
] as const;

/** Files that are read, and folders of such. Modules among them can be imported as well. */
const embeddedPaths = [
  "demo/person_vehicle_bike.onnx",
  "demo/street.mp4",
  "plugins/",
  "protos/",
  "src/authoring/templates/",
  "src/contract.ts",
  "src/view/glyphs/glyphs.json",
  "src/view/glyphs/glyphs.png",
  "src/web/static/",
  "LICENSE",
] as const;

/** Every embedded file by its path from the root of the repository, sorted; tests stay out. */
export async function embeddedFiles(): Promise<string[]> {
  const files: string[] = [...embeddedModules];
  for (const path of embeddedPaths) {
    if (path.endsWith("/")) files.push(...await filesBeneath(path));
    else files.push(path);
  }
  return files.toSorted();
}

/** Where the repository lies on this machine. */
export const rootPath: string = fileURLToPath(root);

async function filesBeneath(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    const path = `${folder}${name}`;
    if (isDirectory) files.push(...await filesBeneath(`${path}/`));
    else if (isWanted(path)) files.push(path);
  }
  return files;
}

/** Tests of ours have no place in it, but those in templates are what `new` writes. */
function isWanted(path: string): boolean {
  return path.startsWith("src/authoring/templates/") ||
    !/_test\.ts$|\/testing\.ts$|\.golden/.test(path);
}
