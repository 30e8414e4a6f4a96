import { equal, match } from "node:assert/strict";
import { withLogLines } from "../../tests/support/with_log_lines.ts";
import { type Inference, InferenceError } from "../inference/inference.ts";
import { Health } from "./health.ts";
import { ModelWatch } from "./model_watch.ts";

const server = { description: "m at http://somewhere:8000" } as Inference;

Deno.test("ModelWatch tells of the errors that a server answers with, and not of its silence", async () => {
  await withLogLines((logger, lines) => {
    let nowMs = 0;
    const now = () => nowMs;
    const health = new Health({ logger, source: "cam", now });
    const models = new ModelWatch(server, health, now);
    // Three frames in a second, of which two are given up and one is answered with an error.
    for (; nowMs < 9_000; nowMs += 1_000) {
      models.unanswered(nowMs - 1_000);
      models.unanswered(nowMs - 900);
      models.failed(new InferenceError("server_error", "Cannot get an answer: HTTP 500", ""));
      equal(health.detail, "Cannot get an answer: HTTP 500");
    }
    equal(lines.join(), "Cannot get an answer: HTTP 500");
    for (const endMs = nowMs + 5_000; nowMs < endMs; nowMs += 500) {
      models.unanswered(nowMs - 1_000);
    }
    match(health.detail ?? "", /has answered none for \d\.\d s/);
  });
});
