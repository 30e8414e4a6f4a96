/** Fetches one module of a plugin from the web. */

import { describeError } from "../../log/describe_error.ts";
import { type Claim, maxModuleBytes, ModuleUnreadable } from "./module_graph.ts";
import { UseCaseError } from "../use_case_error.ts";

/** When to give up, for all modules of a plugin together. */
export interface FetchDeadline {
  readonly signal: AbortSignal;
  /** After which the signal aborts, for the message. */
  readonly limitMs: number;
}

/**
 * Fetches the source of a module.
 * @throws {UseCaseError} naming the URL and what came instead
 */
export async function fetchModule(
  url: string,
  { signal, limitMs }: FetchDeadline,
  claim: Claim,
): Promise<string> {
  const refuse = (state: string, cause?: unknown) =>
    new ModuleUnreadable(`Cannot fetch plugin module ${url}: ${state}`, { cause });
  try {
    const response = await fetch(url, {
      redirect: "manual",
      signal,
      headers: { accept: "application/typescript, text/javascript, */*;q=0.5" },
    });
    await using _body = { [Symbol.asyncDispose]: () => cancel(response) };
    if (response.status >= 300 && response.status < 400) {
      // A pin names one address; who answers for another is for the operator to decide.
      const target = response.headers.get("location");
      throw refuse(`it is redirected to ${target ?? "nowhere"}, give that address`);
    }
    if (!response.ok) throw refuse(`the server answered ${response.status}`);
    if (/^text\/html\b/i.test(response.headers.get("content-type") ?? "")) {
      throw refuse("the server sent an HTML page, no module");
    }
    const bytes = await readAll(response, claim, (state) => refuse(state));
    const source = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (/^\s*<(!doctype|html|\?xml)/i.test(source)) {
      throw refuse("the server sent an HTML page, no module");
    }
    return source;
  } catch (error) {
    if (error instanceof UseCaseError) throw error;
    if (signal.aborted) {
      throw refuse(
        `the server did not answer within ${limitMs} ms, for all modules together`,
        error,
      );
    }
    if (error instanceof TypeError && /utf-8|encoded data/i.test(error.message)) {
      throw refuse("it is no UTF-8 text", error);
    }
    // The last part of what fetch says is the reason: "… tcp connect error: Connection refused".
    throw refuse(describeError(error).split(": ").at(-1)!, error);
  }
}

async function readAll(
  { body, headers }: Response,
  claim: Claim,
  refuse: (state: string) => UseCaseError,
): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => refuse(`it has more than ${maxModuleBytes} bytes`);
  if (Number(headers.get("content-length")) > maxModuleBytes) throw tooLarge();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  for await (const chunk of body ?? []) {
    total += chunk.byteLength;
    if (total > maxModuleBytes) throw tooLarge();
    claim(chunk.byteLength);
    chunks.push(chunk);
  }
  return await new Blob(chunks).bytes();
}

async function cancel({ body }: Response): Promise<void> {
  if (body !== null && !body.locked) await body.cancel().catch(() => {});
}
