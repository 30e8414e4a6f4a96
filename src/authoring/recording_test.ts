import assert from "node:assert/strict";
import fc from "fast-check";
import { withFiles } from "../../tests/support/with_files.ts";
import { openRecording, RecordingWriter } from "./recording.ts";
import type { TrialFrame } from "./trial_frame.ts";
import { frameOf } from "../../tests/support/samples.ts";

const model = { name: "m", inputs: [], outputs: [] };

const frames: TrialFrame[] = [
  trialFrame(0, {
    scores: { datatype: "FP32", shape: [1, 3], data: Float32Array.of(0.5, -0, NaN) },
    ids: { datatype: "INT64", shape: [2], data: BigInt64Array.of(-1n, 2n ** 62n) },
  }),
  trialFrame(1, null),
  trialFrame(2, {}),
  trialFrame(3, {
    half: { datatype: "FP16", shape: [1], data: Float16Array.of(0.5) },
    text: {
      datatype: "BYTES",
      shape: [2],
      data: [new TextEncoder().encode("cat"), new Uint8Array()],
    },
    none: { datatype: "UINT8", shape: [0, 4], data: new Uint8Array() },
  }),
];

function trialFrame(sequence: number, outputs: TrialFrame["outputs"]): TrialFrame {
  const ptsMs = sequence * 40;
  return {
    frame: frameOf({
      ...{ stream: "test", sequence, ptsMs, capturedAtMs: ptsMs },
      contentRect: { x: 0, y: 0.25, width: 1, height: 0.5 },
    }),
    outputs,
  };
}

async function write(path: string): Promise<void> {
  await using writer = await RecordingWriter.open(path, model);
  for (const one of frames) await writer.add(one);
  await writer.finish();
}

async function read(path: string): Promise<TrialFrame[]> {
  await using recording = await openRecording(path);
  assert.deepEqual(recording.model, model);
  return await Array.fromAsync(recording.frames());
}

Deno.test("a recording gives back what was written", async () => {
  await withFiles({}, async (folder) => {
    const path = `${folder}/tensors.rec`;
    await write(path);
    assert.deepEqual(await read(path), frames);
    assert.deepEqual(await namesIn(folder), ["tensors.rec"]);
  });
});

Deno.test("RecordingWriter leaves nothing of a recording that is not finished", async () => {
  await withFiles({}, async (folder) => {
    {
      await using writer = await RecordingWriter.open(`${folder}/tensors.rec`, model);
      await writer.add(frames[0]!);
    }
    assert.deepEqual(await namesIn(folder), []);
  });
});

Deno.test("openRecording() refuses what is no recording, wherever it is cut or damaged", async () => {
  await withFiles({}, async (folder) => {
    const path = `${folder}/tensors.rec`;
    await write(path);
    const whole = await Deno.readFile(path);
    const refused = { name: "SyntaxError", message: /^Cannot read recording .*tensors\.rec: / };
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.byteLength - 1), async (length) => {
        await Deno.writeFile(path, whole.subarray(0, length));
        await assert.rejects(() => read(path), refused);
      }),
      { numRuns: 30 },
    );
    await Deno.writeTextFile(path, "no gzip at all");
    await assert.rejects(() => read(path), refused);
    await Deno.writeFile(path, await gzip("\x02\0\0\0{}"));
    await assert.rejects(() => read(path), {
      message: `Cannot read recording ${path}: it is no recording of Sightline`,
    });
    await Deno.writeFile(path, await gzip("\xff\xff\xff\xff"));
    await assert.rejects(() => read(path), { message: /an entry has 4294967295 bytes$/ });
  });
});

async function gzip(latin1: string): Promise<Uint8Array> {
  const bytes = Uint8Array.from(latin1, (letter) => letter.charCodeAt(0));
  return await new Response(
    new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}
