/** The arguments of `deno compile` for a platform. */

/** Platforms that Deno compiles for, each with its folder among onnxruntime-node's libraries. */
export const targets = {
  "x86_64-unknown-linux-gnu": "linux/x64",
  "aarch64-unknown-linux-gnu": "linux/arm64",
  "x86_64-apple-darwin": "darwin/x64",
  "aarch64-apple-darwin": "darwin/arm64",
  "x86_64-pc-windows-msvc": "win32/x64",
} as const;

/** One of {@link targets}. */
export type Target = keyof typeof targets;

/** What to compile. */
export interface CompileRequest {
  readonly target: Target;
  /** Path of the binary. */
  readonly output: string;
  /** Embedded files, from the working directory. */
  readonly files: readonly string[];
  /** Absolute paths of onnxruntime-node's library folders, such as `…/bin/napi-v6/linux/x64`. */
  readonly libraries: readonly string[];
  /** Absolute paths of what else must stay out. */
  readonly without: readonly string[];
}

/**
 * Self-extracting, because a native addon looks for its shared library beside itself on disk, and
 * without what other platforms need, which would be some 250 MB.
 */
export function compileArgs(
  { target, output, files, libraries, without }: CompileRequest,
): string[] {
  const foreign = libraries.filter((folder) => !isOf(target, folder));
  const excluded = [...foreign, ...without];
  return [
    ...["compile", "--allow-all", "--frozen", "--no-check"],
    ...["--self-extracting", "--exclude-unused-npm"],
    ...["--target", target, "--output", output],
    ...files.flatMap((file) => ["--include", file]),
    ...excluded.flatMap((folder) => ["--exclude", folder]),
    "main.ts",
  ];
}

/** Whether onnxruntime-node has a library for the platform at all. */
export function hasEmbeddedInference(target: Target, libraries: readonly string[]): boolean {
  return libraries.some((folder) => isOf(target, folder));
}

function isOf(target: Target, folder: string): boolean {
  return folder.replaceAll("\\", "/").endsWith(`/${targets[target]}`);
}
