/** The safety net below every child process: none outlives us, however we die. */

/**
 * Reads `add PID` and `remove PID` until its input ends, which is when we are gone, then kills what
 * is left. Deaf to what a terminal or an init system sends to the whole group.
 */
const script = `
trap '' INT TERM HUP
pids=' '
while read -r verb pid; do
  case $verb in
    add) pids="$pids$pid " ;;
    remove) case $pids in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }" ;; esac ;;
  esac
done
for pid in $pids; do kill -9 "$pid"; done
`;

/** What whoever starts a child sees of the guard. */
export interface ChildGuard {
  /** From now on the child dies with us. */
  add(pid: number): void;
  /** The child has ended. */
  remove(pid: number): void;
}

/**
 * One small shell beside this process, which kills the children it was told of as soon as this
 * process is gone: even \`kill -9\` closes our end of the pipe it reads. A parent-death signal would
 * need Linux, and follows the thread that started the child, not the process.
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

  /** Its own process, for whoever counts processes. */
  get pid(): number {
    return this.#shell.pid;
  }

  /** From now on `pid` dies with us. */
  add(pid: number): void {
    this.#say(`add ${pid}\n`);
  }

  /** `pid` has ended: its number may belong to another process soon. */
  remove(pid: number): void {
    this.#say(`remove ${pid}\n`);
  }

  #say(line: string): void {
    // Somebody killed the shell: we lose the net, not the streams.
    this.#input.write(this.#encoder.encode(line)).catch(() => {});
  }

  /** Ends the guard, and whatever it still guards. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#shell.status;
  }
}
