/** The folder in which a Sightline keeps its events; one process at a time. */

/** A folder that is locked until it is let go. */
export interface DataDir extends Disposable {
  readonly path: string;
}

/**
 * Makes the folder if need be, and takes it. The operating system lets go of it when the process
 * ends, however it ends.
 * @throws {Error} when another process has it, or it cannot be written
 */
export async function takeDataDir(path: string): Promise<DataDir> {
  const lockPath = `${path}/lock`;
  let lock: Deno.FsFile;
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    lock = await Deno.open(lockPath, { create: true, read: true, write: true });
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot keep events in ${path}: ${words}`, { cause });
  }
  if (!await lock.tryLock(true)) {
    lock.close();
    const pid = (await Deno.readTextFile(lockPath)).trim();
    throw new Error(
      `Cannot keep events in ${path}: the Sightline with process id ${pid} uses it; ` +
        "give each its own --data_dir",
    );
  }
  await lock.truncate();
  await lock.write(new TextEncoder().encode(`${Deno.pid}\n`));
  return {
    path,
    [Symbol.dispose]() {
      lock.close();
    },
  };
}
