/** The line sink against a model of a disk that fails. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { collectLog } from "../../tests/support/log_lines.ts";
import { recordOf } from "../../tests/support/samples.ts";
import { LineSink, type LineTarget } from "./line_sink.ts";
import { lostTotal, type SinkCounts } from "./sink.ts";

const record = recordOf();

/** What a disk may do at a write, or before it. */
type DiskStep = number | "fails" | "full" | "replaced";

/** Files that come one after the other, as steps say; then all is well, or nothing ever again. */
class ModelDisk implements LineTarget {
  readonly files = [""];
  readonly #steps: DiskStep[];
  readonly #dies: boolean;
  readonly #decoder = new TextDecoder();
  #isNew = true;

  constructor(steps: readonly DiskStep[], dies: boolean) {
    this.#steps = [...steps];
    this.#dies = dies;
  }

  ready(isMidLine: boolean): boolean {
    if (this.#steps[0] === "replaced") {
      this.#steps.shift();
      this.files.push("");
      this.#isNew = true;
    }
    const goesOn = isMidLine && !this.#isNew;
    this.#isNew = false;
    return goesOn;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await null;
    const step = this.#steps.shift() ?? (this.#dies ? "fails" : Infinity);
    if (step === "fails" || step === "replaced") throw new Error("No space left on device");
    if (step === "full") throw new Deno.errors.WouldBlock();
    const taken = bytes.subarray(0, step);
    this.files[this.files.length - 1] += this.#decoder.decode(taken);
    return taken.length;
  }
}

Deno.test("LineSink on a disk that fails at any write: no line is torn or doubled, the books are exact", async () => {
  const step = fc.oneof<fc.Arbitrary<DiskStep>[]>(
    fc.integer({ min: 0, max: 30 }),
    fc.constantFrom("fails", "full", "replaced"),
  );
  const write = fc.record({
    length: fc.integer({ min: 1, max: 40 }),
    turns: fc.integer({ max: 3, min: 0 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.array(write, { maxLength: 40 }),
      fc.boolean(),
      async (steps, writes, dies) => {
        using log = collectLog();
        const disk = new ModelDisk(steps, dies);
        const sink = new LineSink({
          description: "model",
          target: disk,
          logger: log.logger,
          capacityBytes: 200,
          retryMs: 0,
          ...dies && { patienceMs: 3 },
        });
        const accepted: string[] = [];
        for (const [i, { length, turns }] of writes.entries()) {
          const line = `${i}:${"x".repeat(length)}`;
          const { full } = sink.counts().lost;
          sink.write(record, line);
          if (sink.counts().lost.full === full) accepted.push(line);
          assertBalanced(sink.counts());
          for (let turn = 0; turn < turns; turn++) await null;
          assertBalanced(sink.counts());
        }
        await sink[Symbol.asyncDispose]();
        const { accepted: given, written, waiting, lost } = sink.counts();
        assert.deepEqual([given, waiting], [writes.length, 0]);
        assert.equal(lost.full, writes.length - accepted.length);
        assert.equal(lost.unwritten, accepted.length - written);
        if (!dies) assert.equal(written, accepted.length);
        // A file that was replaced in the middle of a line keeps the half of it, as a dead one does.
        const whole = disk.files.flatMap((text) => text.split("\n").slice(0, -1));
        assert.deepEqual(whole, accepted.slice(0, written));
      },
    ),
    { numRuns: 200 },
  );
});

function assertBalanced(counts: SinkCounts): void {
  const { accepted, written, waiting } = counts;
  assert.equal(accepted, written + lostTotal(counts) + waiting, JSON.stringify(counts));
}
