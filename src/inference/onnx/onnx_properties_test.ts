import { deepEqual, rejects } from "node:assert/strict";
import protobuf from "protobufjs";
import { readOnnxProperties } from "./onnx_properties.ts";

/** `ModelProto` and its `metadata_props`, by the numbers of ONNX's own definitions. */
const [metadataProps, graph, irVersion] = [14, 7, 1];

function entry(key: string | null, value: string | null): Uint8Array {
  const writer = protobuf.Writer.create();
  if (key !== null) writer.uint32(1 << 3 | 2).string(key);
  if (value !== null) writer.uint32(2 << 3 | 2).string(value);
  return writer.finish();
}

function model(write: (writer: protobuf.Writer) => void): Uint8Array {
  const writer = protobuf.Writer.create();
  write(writer);
  return writer.finish();
}

async function read(bytes: Uint8Array): Promise<Record<string, string>> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, bytes);
    return await readOnnxProperties(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("readOnnxProperties() finds the properties, wherever they stand among the fields", async () => {
  const bytes = model((writer) => {
    writer.uint32(irVersion << 3).int64(300)
      .uint32(metadataProps << 3 | 2).bytes(entry("names", "{0: 'person'}"))
      .uint32(graph << 3 | 2).bytes(new Uint8Array(70_000))
      .uint32(99 << 3 | 5).fixed32(7)
      .uint32(98 << 3 | 1).fixed64(7)
      .uint32(metadataProps << 3 | 2).bytes(entry("task", "détecter".repeat(50)))
      .uint32(metadataProps << 3 | 2).bytes(entry("names again", null))
      .uint32(metadataProps << 3 | 2).bytes(entry(null, "of nothing"));
  });
  deepEqual(await read(bytes), {
    ...{ "names": "{0: 'person'}", "task": "détecter".repeat(50), "names again": "" },
    "": "of nothing",
  });
});

Deno.test("readOnnxProperties() leaves out of an entry what it does not know", async () => {
  const more = protobuf.Writer.create().uint32(3 << 3).uint32(5).uint32(1 << 3 | 2).string("key")
    .uint32(9 << 3 | 2).string("other").uint32(2 << 3 | 2).string("value").finish();
  const cut = entry("stride", "32").slice(0, -1);
  const bytes = model((writer) => {
    writer.uint32(metadataProps << 3 | 2).bytes(more).uint32(metadataProps << 3 | 2).bytes(cut);
  });
  deepEqual(await read(bytes), { key: "value", stride: "" });
});

Deno.test("readOnnxProperties() passes by an entry that is too long to be a name", async () => {
  const longest = 2 ** 20;
  const ofBytes = (total: number) => {
    const text = "x".repeat(total - entry("k", "").byteLength - 2);
    const made = entry("k", text);
    return made.byteLength === total ? made : entry("k", text.slice(made.byteLength - total));
  };
  for (const [total, keys] of [[longest, ["k", "after"]], [longest + 1, ["after"]]] as const) {
    const bytes = model((writer) => {
      writer.uint32(metadataProps << 3 | 2).bytes(ofBytes(total))
        .uint32(metadataProps << 3 | 2).bytes(entry("after", "1"));
    });
    deepEqual(Object.keys(await read(bytes)), keys);
  }
});

Deno.test("readOnnxProperties() reads as far as there is a model", async () => {
  const whole = model((writer) => {
    writer.uint32(metadataProps << 3 | 2).bytes(entry("a", "1"))
      .uint32(metadataProps << 3 | 2).bytes(entry("b", "2"));
  });
  for (let length = 0; length < whole.byteLength; length++) {
    const found = length < whole.byteLength / 2 ? {} : { a: "1" };
    deepEqual(await read(whole.subarray(0, length)), found);
  }
  deepEqual(await read(new TextEncoder().encode("no model at all, but a text")), {});
  deepEqual(await read(Uint8Array.of(...whole, 255, 255, 255, 255, 255, 255)), { a: "1", b: "2" });
  await rejects(readOnnxProperties("/nowhere/model.onnx"), Deno.errors.NotFound);
});
