/** Ends child processes and removes their folders when Sightline dies, even by `kill -9`. */

/**
 * Reads `add PID`, `remove PID`, `add_folder PATH` and `remove_folder PATH` until its input ends,
 * which is when we are gone, then kills what is left and clears away the folders. Deaf to what a
 * terminal or an init system sends to the whole group.
 */
const script = `
trap '' INT TERM HUP
newline='
'
pids=' '
folders=$newline
while IFS=' ' read -r verb what; do
  case $verb in
    add) pids="$pids$what " ;;
    remove) case $pids in *" $what "*) pids="\${pids%% $what *} \${pids#* $what }" ;; esac ;;
    add_folder) folders="$folders$what$newline" ;;
    remove_folder)
      line="$newline$what$newline"
      case $folders in
        *"$line"*) folders="\${folders%%"$line"*}$newline\${folders#*"$line"}" ;;
      esac ;;
  esac
done
for pid in $pids; do kill -9 "$pid"; done
printf %s "$folders" | while IFS= read -r folder; do
  case $folder in /*) rm -rf -- "$folder" ;; esac
done
`;

/** The part of the guard that removes folders. */
export interface FolderGuard {
  /** From now on the folder goes with us, with all that is in it. Its path is absolute. */
  addFolder(path: string): void;
  /** The folder is gone. */
  removeFolder(path: string): void;
}

/** The part of the guard that ends child processes. */
export interface ChildGuard extends FolderGuard {
  /** From now on the child dies with us. */
  add(pid: number): void;
  /** The child has ended. */
  remove(pid: number): void;
}

/** For those who leave nothing behind that matters. */
export const noGuard: ChildGuard = {
  add() {},
  remove() {},
  addFolder() {},
  removeFolder() {},
};

/**
 * One small shell beside this process, which kills the children it was told of, and clears away
 * their folders, as soon as this process is gone: even `kill -9` closes our end of the pipe it reads.
 * A parent-death signal would need Linux, and follows the thread that started the child, not the
 * process.
 */
export class ProcessGuard implements ChildGuard, AsyncDisposable {
  readonly #shell: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #encoder = new TextEncoder();

  constructor() {
    this.#shell = new Deno.Command("sh", {
      args: ["-c", script],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
    this.#input = this.#shell.stdin.getWriter();
  }

  /** Process id of the guard's own shell. */
  get pid(): number {
    return this.#shell.pid;
  }

  /** From now on `pid` dies with us. */
  add(pid: number): void {
    this.#send(`add ${pid}\n`);
  }

  /** `pid` has ended: its number may belong to another process soon. */
  remove(pid: number): void {
    this.#send(`remove ${pid}\n`);
  }

  addFolder(path: string): void {
    // A line break would make another order of the rest.
    if (!path.includes("\n")) this.#send(`add_folder ${path}\n`);
  }

  removeFolder(path: string): void {
    if (!path.includes("\n")) this.#send(`remove_folder ${path}\n`);
  }

  #send(line: string): void {
    // When the shell was killed from outside, only this protection is lost, not the streams.
    this.#input.write(this.#encoder.encode(line)).catch(() => {});
  }

  /** Ends the guard, and whatever it still guards. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#shell.status;
  }
}
