/** Every npm package that Sightline uses, from the lock file and the packages themselves. */

import { join } from "node:path";

const root = new URL("../../", import.meta.url);

/** One package. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** As the lock file has it, such as `sha512-…`. */
  readonly integrity: string;
  /** As the package says it: an SPDX expression. */
  readonly license: string;
  /** Where it is developed; empty if it does not say. */
  readonly homepage: string;
  /** Keys of the packages that it asks for, `name@version`. */
  readonly dependencies: readonly string[];
  /** Whether it is only used by tests and tools. */
  readonly development: boolean;
  /** Whether Sightline itself names it. */
  readonly direct: boolean;
}

/** Direct dependencies that no Sightline loads: tests, tools and benches do. */
export const developmentOnly: readonly string[] = [
  "@balena/dockerignore",
  "axe-core",
  "fast-check",
  "playwright-core",
];

interface LockedPackage {
  readonly integrity: string;
  readonly dependencies?: readonly string[];
  readonly optionalDependencies?: readonly string[];
  /** Systems that it is built for, where it is a build of its own for each. */
  readonly os?: readonly string[];
}

interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, LockedPackage>>;
}

/** All of them, sorted by name and version. */
export async function packages(): Promise<Package[]> {
  const lock: Lock = JSON.parse(await Deno.readTextFile(new URL("deno.lock", root)));
  const direct = named(lock);
  const reached = reachable(lock, direct);
  const registries = await npmRegistries();
  const found = await Promise.all(
    Object.entries(lock.npm).map(async ([key, locked]) => {
      const [name, version] = splitKey(key);
      const { license, homepage } = await readManifest(registries, name, version) ??
        await readManifest(registries, ...splitKey(parentOf(lock, key, locked))) ??
        notCached(key);
      return {
        ...{ name, version, license, homepage },
        integrity: locked.integrity,
        dependencies: children(lock, locked).map((child) => splitKey(child).join("@")),
        development: !reached.has(key),
        direct: direct.includes(key),
      };
    }),
  );
  return found.toSorted((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
}

/** `@scope/name@1.2.3_peer@4.5.6` is version 1.2.3 of `@scope/name`. */
function splitKey(key: string): [name: string, version: string] {
  const at = key.indexOf("@", 1);
  return [key.slice(0, at), key.slice(at + 1).split("_")[0]!];
}

/** Keys of what deno.json names. */
function named(lock: Lock): string[] {
  return Object.entries(lock.specifiers)
    .map(([specifier, version]) => `${splitKey(specifier.replace(/^npm:/, ""))[0]}@${version}`);
}

/** Keys of what a running Sightline may load. */
function reachable(lock: Lock, direct: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const queue = direct.filter((key) => !developmentOnly.includes(splitKey(key)[0]));
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    const locked = lock.npm[key];
    if (locked === undefined || reached.has(key)) continue;
    reached.add(key);
    queue.push(...children(lock, locked));
  }
  return reached;
}

/** The lock file names the version only where there are several. */
function children(lock: Lock, locked: LockedPackage): string[] {
  const keys = Object.keys(lock.npm);
  return [...locked.dependencies ?? [], ...locked.optionalDependencies ?? []].flatMap((child) => {
    if (lock.npm[child] !== undefined) return child;
    return keys.find((key) => splitKey(key)[0] === child) ?? [];
  });
}

/**
 * The package that has this one built for each system, and whose licence it shares: only builds for
 * this system are in the cache. The package itself where it is no such build.
 */
function parentOf({ npm }: Lock, key: string, { os }: LockedPackage): string {
  if (os === undefined) return key;
  const [name] = splitKey(key);
  const parent = Object.entries(npm).find(([, { optionalDependencies }]) =>
    optionalDependencies?.some((child) => child === key || child === name)
  );
  return parent?.[0] ?? key;
}

function notCached(key: string): never {
  throw new Error(`Cannot tell the licence of ${key}: it is not in Deno's cache; run deno install`);
}

/** Folders of registries in Deno's cache. */
async function npmRegistries(): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  const entries = await Array.fromAsync(Deno.readDir(npmCache));
  return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => join(npmCache, name));
}

async function readManifest(registries: readonly string[], name: string, version: string) {
  for (const registry of registries) {
    const path = join(registry, name, version, "package.json");
    const text = await Deno.readTextFile(path).catch(() => null);
    if (text === null) continue;
    const { license, homepage } = JSON.parse(text);
    return {
      license: typeof license === "string" ? license : String(license?.type ?? "unknown"),
      homepage: typeof homepage === "string" ? homepage : "",
    };
  }
  return null;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
