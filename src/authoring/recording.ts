/**
 * Recordings: what a model answered, frame by frame, so that a plugin can be tried without it.
 *
 * A file is one gzip stream of entries. Each entry is the length of a JSON text as 4 bytes,
 * little-endian, then that text (UTF-8), then the bytes of the tensors it lists, in its order:
 * row-major, little-endian, `BYTES` with 4 bytes of length before each element, as KServe v2 sends
 * them. The first entry is `{"format":"sightline-recording","version":1,"model":{…}}`, each further
 * one `{"frame":{…},"outputs":[{"name","datatype","shape","bytes"}]}`, where `outputs` is null for a
 * frame that `preprocess` skipped.
 *
 * A format of our own, since those at hand (safetensors, npz) hold one set of tensors that is known
 * before it is written, and this is forty lines around the codec that every backend shares.
 */

import type { FrameInfo } from "../frame/frame.ts";
import type { ModelMetadata } from "../frame/model.ts";
import type { Tensors } from "../frame/tensor.ts";
import { decodeTensor, encodeTensor } from "../inference/tensor_codec.ts";
import { ByteReader } from "./byte_reader.ts";
import { type TrialFrame, trialStream } from "./trial_frame.ts";

const formatName = "sightline-recording";
const formatVersion = 2;

/** Limits for what a damaged file may make us allocate, in bytes. */
const maxJsonBytes = 1 << 24;
const maxTensorBytes = 1 << 30;

interface Header {
  readonly format: string;
  readonly version: number;
  readonly model: ModelMetadata;
}

/** A frame without what differs from run to run, and its outputs without their elements. */
interface Entry {
  readonly frame: Omit<FrameInfo, "stream" | "capturedAtMs">;
  readonly outputs: readonly OutputEntry[] | null;
}

interface OutputEntry {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** Writes a recording. It stands under its name only once it is complete. */
export class RecordingWriter implements AsyncDisposable {
  readonly #path: string;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #written: Promise<void>;
  #finished = false;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    const gzip = new CompressionStream("gzip");
    this.#writer = gzip.writable.getWriter();
    this.#written = gzip.readable.pipeTo(file.writable);
    // A write that fails rejects too, so this rejection needs no handler.
    this.#written.catch(() => {});
  }

  /** Begins a recording of what `model` answers. */
  static async open(path: string, model: ModelMetadata): Promise<RecordingWriter> {
    const writer = new RecordingWriter(path, await Deno.create(partOf(path)));
    const header: Header = { format: formatName, version: formatVersion, model };
    await writer.#write(header, []);
    return writer;
  }

  /** Adds a frame. */
  async add({ frame, outputs }: TrialFrame): Promise<void> {
    const { stream: _stream, capturedAtMs: _capturedAtMs, ...kept } = frame;
    const tensors = Object.entries(outputs ?? {}).map(([name, tensor]) => {
      return { name, tensor, bytes: encodeTensor(name, tensor) };
    });
    const entry: Entry = {
      frame: kept,
      outputs: outputs && tensors.map(({ name, tensor: { datatype, shape }, bytes }) => {
        return { name, datatype, shape, bytes: bytes.byteLength };
      }),
    };
    await this.#write(entry, tensors.map(({ bytes }) => bytes));
  }

  /** Completes the file. */
  async finish(): Promise<void> {
    await this.#writer.close();
    await this.#written;
    await Deno.rename(partOf(this.#path), this.#path);
    this.#finished = true;
  }

  /** Leaves nothing behind of a recording that was not finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#finished) return;
    await this.#writer.abort().catch(() => {});
    await this.#written.catch(() => {});
    await Deno.remove(partOf(this.#path)).catch(() => {});
  }

  async #write(entry: Header | Entry, tensors: readonly Uint8Array[]): Promise<void> {
    const json = new TextEncoder().encode(JSON.stringify(entry));
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, json.byteLength, true);
    for (const bytes of [length, json, ...tensors]) {
      await this.#writer.write(bytes as Uint8Array<ArrayBuffer>);
    }
  }
}

/** A recording that is being read. */
export interface Recording extends AsyncDisposable {
  /** The model that answered. */
  readonly model: ModelMetadata;
  /** To be gone through once. */
  frames(): AsyncIterable<TrialFrame>;
}

/**
 * Opens a recording.
 * @throws {SyntaxError} for a file that is none, or that is damaged.
 */
export async function openRecording(path: string): Promise<Recording> {
  const file = await Deno.open(path);
  const reader = new ByteReader(file.readable.pipeThrough(new DecompressionStream("gzip")));
  const dispose = () => reader[Symbol.asyncDispose]();
  try {
    const header = await readJson(reader, path) as Header | null;
    if (header?.format !== formatName) throw damaged(path, "it is no recording of Sightline");
    if (header.version !== formatVersion) {
      throw damaged(path, `its version is ${header.version}, known is ${formatVersion}`);
    }
    return {
      model: header.model,
      frames: () => readFrames(reader, path),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function* readFrames(reader: ByteReader, path: string): AsyncGenerator<TrialFrame> {
  for (let entry; (entry = await readJson(reader, path) as Entry | null) !== null;) {
    const outputs: Record<string, Tensors[string]> = {};
    for (const { name, datatype, shape, bytes } of entry.outputs ?? []) {
      if (!(bytes <= maxTensorBytes)) throw damaged(path, `output ${name} has ${bytes} bytes`);
      outputs[name] = decodeTensor(name, datatype, shape, await readAll(reader, bytes, path));
    }
    const frame = { ...entry.frame, stream: trialStream, capturedAtMs: entry.frame.ptsMs };
    yield { frame, outputs: entry.outputs && outputs };
  }
}

/** The next entry's JSON; null at the end of the file. */
async function readJson(reader: ByteReader, path: string): Promise<unknown> {
  try {
    if (await reader.atEnd()) return null;
  } catch (cause) {
    throw damaged(path, "it is no recording of Sightline, or was cut short", cause);
  }
  const length = await readAll(reader, 4, path);
  const size = new DataView(length.buffer).getUint32(0, true);
  if (size > maxJsonBytes) throw damaged(path, `an entry has ${size} bytes`);
  const text = new TextDecoder().decode(await readAll(reader, size, path));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(path, "an entry is no JSON", cause);
  }
}

async function readAll(
  reader: ByteReader,
  size: number,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await reader.read(size);
  } catch (cause) {
    throw damaged(path, "it was cut short", cause);
  }
}

function damaged(path: string, state: string, cause?: unknown): SyntaxError {
  return new SyntaxError(`Cannot read recording ${path}: ${state}`, { cause });
}

function partOf(path: string): string {
  return `${path}.part`;
}
