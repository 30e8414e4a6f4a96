/** Reads `metadata_props` of an ONNX file without reading its weights. */

import protobuf from "protobufjs";

/** Numbers of `ModelProto`'s and `StringStringEntryProto`'s fields in ONNX's own definitions. */
const metadataProps = 14;
const entryKey = 1;
const entryValue = 2;
const lengthDelimited = 2;

/** A tag and a length, or a number, take no more. */
const headBytes = 32;
/** An entry that is longer is no name of anything. */
const maxEntryBytes = 1 << 20;

/**
 * The properties of a model's file, of which only the heads of its fields are read.
 * @throws {Deno.errors.NotFound} and what else opening a file throws.
 */
export async function readOnnxProperties(path: string): Promise<Readonly<Record<string, string>>> {
  using file = await Deno.open(path);
  const properties: [string, string][] = [];
  for (let position = 0;;) {
    const head = await readAt(file, position, headBytes);
    if (head.byteLength === 0) break;
    const field = readHead(head);
    // What is no ONNX is for the runtime to say.
    if (field === null) break;
    if (field.number === metadataProps && field.bytes <= maxEntryBytes) {
      const entry = await readAt(file, position + field.offset, field.bytes);
      if (entry.byteLength < field.bytes) break;
      properties.push(readEntry(entry));
    }
    position += field.offset + field.bytes;
  }
  return Object.fromEntries(properties);
}

function readHead(head: Uint8Array): { number: number; offset: number; bytes: number } | null {
  try {
    const reader = protobuf.Reader.create(head);
    const tag = reader.uint32();
    const isLong = (tag & 7) === lengthDelimited;
    const bytes = isLong ? reader.uint32() : 0;
    if (!isLong) reader.skipType(tag & 7);
    return { number: tag >>> 3, offset: reader.pos, bytes };
  } catch {
    return null;
  }
}

function readEntry(bytes: Uint8Array): [string, string] {
  const reader = protobuf.Reader.create(bytes);
  const entry = { key: "", value: "" };
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === (entryKey << 3 | lengthDelimited)) entry.key = reader.string();
      else if (tag === (entryValue << 3 | lengthDelimited)) entry.value = reader.string();
      else reader.skipType(tag & 7);
    }
  } catch {
    // As far as it can be read.
  }
  return [entry.key, entry.value];
}

async function readAt(file: Deno.FsFile, position: number, length: number): Promise<Uint8Array> {
  await file.seek(position, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const more = await file.read(bytes.subarray(read));
    if (more === null) break;
    read += more;
  }
  return bytes.subarray(0, read);
}
