/** Records in a file or named pipe, a line each. */

import { dirname, resolve } from "node:path";
import { systemMessage } from "../log/system_message.ts";
import { path } from "../settings/paths.ts";
import { required } from "../settings/setting.ts";
import { AppendFile, NoReaderError } from "./append_file.ts";
import { LineSink } from "./line_sink.ts";
import { sinkKind } from "./sink.ts";

/** `jsonl:PATH`. A named pipe without a reader is waited for. */
export const jsonl = sinkKind({
  kind: "jsonl",
  schemes: ["jsonl"],
  settings: {
    path: required(path("the path of a file", {
      value: "PATH",
      // What stands there is a path, whatever it looks like.
      rebase: (given, directory) => typeof given === "string" ? resolve(directory, given) : given,
      file: (path: string) => ({ path, use: "write" }),
      help: "the file that lines are appended to",
    })),
  },
  async open({ path }, { onGone: _, ...options }) {
    const description = `jsonl:${path}`;
    const target = new AppendFile(path);
    const sink = new LineSink({ ...options, description, target });
    try {
      await target.ready(false);
    } catch (cause) {
      if (!(cause instanceof NoReaderError)) {
        throw new Error(`Cannot open sink ${description}: ${systemMessage(cause)}`, { cause });
      }
      // It says so in the log, and goes on looking.
      sink.reopen();
    }
    return sink;
  },
  needs({ path }, needs) {
    // Of the directory it is asked whether the file can be made.
    needs.add("read", dirname(resolve(path)));
    needs.add("write", resolve(path));
  },
});
