/**
 * Runs the tests that start no other program: no ffmpeg, no browser, no server, no plugin's process.
 * The conformance suites of the model clients are left out too. What is left takes seconds. Arguments go on to `deno test`.
 */
import { testFiles } from "./test_files.ts";

const { units } = await testFiles();
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["test", "-A", "--no-check", "--trace-leaks", "--parallel", ...Deno.args, ...units],
  stdin: "null",
}).spawn().status;
Deno.exit(code);
