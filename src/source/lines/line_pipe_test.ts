import assert from "node:assert/strict";
import { LinePipe } from "./line_pipe.ts";

/** A shell that writes lines as it is told to, one for each line of its input, to a named pipe. */
class Speaker implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly pipe: LinePipe;
  canDefer = false;
  readonly #folder: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  readonly #listening: Promise<void>;
  #awaited: { readonly line: string; resolve(): void } | null = null;

  private constructor(folder: string, pipe: LinePipe) {
    this.#folder = folder;
    this.pipe = pipe;
    // What was written is confirmed on standard output.
    const script = 'exec 2>"$0"; while read -r line; do printf "%s\\n" "$line" >&2; echo; done';
    this.#child = new Deno.Command("sh", {
      args: ["-c", script, pipe.path],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.getReader();
    this.#listening = pipe.listen({
      onLine: (line) => this.#onLine(line),
      canDefer: () => this.canDefer,
    });
  }

  static async start(): Promise<Speaker> {
    const folder = await Deno.makeTempDir();
    const pipe = await LinePipe.make(folder);
    assert(pipe !== null);
    return new Speaker(folder, pipe);
  }

  /** Resolves when the line is in the pipe. */
  async say(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
    await this.#output.read();
  }

  /** Resolves when the line came. */
  async until(line: string): Promise<void> {
    if (this.lines.includes(line)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited = { line, resolve };
    await promise;
  }

  /** Resolves when the last line came. */
  async end(): Promise<void> {
    await this.#input.close();
    await this.#child.status;
    this.pipe.end();
    await this.#listening;
  }

  #onLine(line: string): void {
    this.lines.push(line);
    if (this.#awaited?.line === line) this.#awaited.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#output.cancel();
    this.pipe[Symbol.dispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Reading is deferred after the next line, and what follows stays in the pipe. */
async function defer(speaker: Speaker): Promise<void> {
  speaker.canDefer = true;
  await speaker.say("packet");
  await speaker.until("packet");
}

Deno.test("LinePipe hands over each line as it comes, and the last ones after the end", async () => {
  await using speaker = await Speaker.start();
  for (const line of ["one", "two"]) {
    await speaker.say(line);
    await speaker.until(line);
  }
  await speaker.say("three");
  await speaker.end();
  assert.deepEqual(speaker.lines, ["one", "two", "three"]);
});

Deno.test("LinePipe leaves lines where they are while its listener can defer them, until they are asked for", async () => {
  await using speaker = await Speaker.start();
  await defer(speaker);
  await speaker.say("frame");
  await speaker.say("muxer");
  assert.deepEqual(speaker.lines, ["packet"]);
  speaker.pipe.drainPending(() => speaker.lines.includes("frame"));
  assert.deepEqual(speaker.lines, ["packet", "frame", "muxer"]);
  await speaker.end();
});

Deno.test("LinePipe listens again once its listener cannot defer any more", async () => {
  await using speaker = await Speaker.start();
  await defer(speaker);
  await speaker.say("frame");
  speaker.pipe.drainPending(() => {
    speaker.canDefer = !speaker.lines.includes("frame");
    return !speaker.canDefer;
  });
  await speaker.say("next");
  await speaker.until("next");
  await speaker.end();
});

Deno.test("LinePipe listens again when reading was deferred for too long", async () => {
  await using speaker = await Speaker.start();
  await defer(speaker);
  await speaker.say("complaint");
  await speaker.until("complaint");
  await speaker.end();
});

Deno.test("LinePipe listens when what is asked for was not said yet", async () => {
  await using speaker = await Speaker.start();
  await defer(speaker);
  speaker.pipe.drainPending(() => false);
  await speaker.say("late");
  await speaker.until("late");
  await speaker.end();
});

Deno.test("LinePipe gives what was deferred when the process ends", async () => {
  await using speaker = await Speaker.start();
  await defer(speaker);
  await speaker.say("error");
  await speaker.end();
  assert.deepEqual(speaker.lines, ["packet", "error"]);
});

Deno.test("LinePipe ends with a process that never came", async () => {
  const folder = await Deno.makeTempDir();
  {
    using pipe = await LinePipe.make(folder);
    const listening = pipe!.listen({ onLine: () => assert.fail("a line"), canDefer: () => false });
    pipe!.end();
    await listening;
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("LinePipe.make() gives nothing where no pipe can be made", async () => {
  assert.equal(await LinePipe.make("/nonexistent"), null);
});

Deno.test("LinePipe: however many are asked for, files can be opened meanwhile", async () => {
  const folders = await Promise.all(Array.from({ length: 40 }, () => Deno.makeTempDir()));
  const pipes = [];
  try {
    for (const folder of folders) {
      const pipe = await LinePipe.make(folder);
      if (pipe !== null) pipes.push({ pipe, listening: pipe.listen({ onLine: () => {} }) });
    }
    // Goes by the same threads.
    assert((await Deno.stat(folders[0]!)).isDirectory);
    assert(pipes.length > 10 && pipes.length < folders.length, `${pipes.length} pipes`);
  } finally {
    for (const { pipe, listening } of pipes) {
      pipe.end();
      await listening;
      pipe[Symbol.dispose]();
    }
    for (const folder of folders) await Deno.remove(folder, { recursive: true });
  }
  const folder = await Deno.makeTempDir();
  using pipe = await LinePipe.make(folder);
  assert(pipe !== null);
  await Deno.remove(folder, { recursive: true });
});
