import { deepEqual } from "node:assert/strict";
import { collectLog } from "../../tests/support/log_lines.ts";
import { SinkErrorLog } from "./sink_error_log.ts";

Deno.test("SinkErrorLog keeps to the cause that it knows, and tells a loss once, until all is well", () => {
  using log = collectLog();
  const lost = { full: 1, closed: 0, unwritten: 0 };
  const counts = () => ({ accepted: 9, written: 2, lost: { ...lost }, waiting: 5 });
  const errors = new SinkErrorLog({ description: "d", counts }, log.logger);
  const { now } = performance;
  let aheadMs = 0;
  performance.now = () => aheadMs;
  try {
    errors.recovered();
    errors.stuck(2500);
    aheadMs += 4000;
    errors.recovered();
    errors.failed("the disk is full");
    lost.full += 3;
    errors.refused(3 << 20);
    aheadMs += 10_000;
    errors.stuck(60_000);
    errors.refused(3 << 20);
    errors.recovered();
    errors.recovered();
    errors.refused(1 << 19);
  } finally {
    performance.now = now;
  }
  deepEqual(log.levelled, [
    "error: Cannot write to d: it has taken nothing for 3 s; 5 records wait",
    "info: d takes records again after 4.0 s; 0 were lost",
    "error: Cannot write to d: the disk is full; 5 records wait",
    "error: d: 3.0 MB wait, and no more may: records are being lost",
    "error: Cannot write to d for 10 s now: the disk is full; 5 records wait, 3 are lost",
    "info: d takes records again after 10.0 s; 3 were lost",
    "error: Cannot write to d: it takes less than it is given; 5 records wait",
    "error: d: 0.5 MB wait, and no more may: records are being lost",
  ]);
});

Deno.test("SinkErrorLog tells of a loss with which an outage begins", () => {
  using log = collectLog();
  const lost = { full: 0, closed: 0, unwritten: 0 };
  const counts = () => ({ accepted: 9, written: 2, lost, waiting: 5 });
  const errors = new SinkErrorLog({ description: "d", counts }, log.logger);
  for (let time = 0; time < 2; time++) errors.refused(1 << 20);
  deepEqual(log.levelled, [
    "error: Cannot write to d: it takes less than it is given; 5 records wait",
    "error: d: 1.0 MB wait, and no more may: records are being lost",
  ]);
});
