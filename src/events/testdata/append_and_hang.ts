/** Writes an event down that it never ends, says so on stdout, and waits to be killed. */
import { getLogger } from "@logtape/logtape";
import { EventLog } from "../event_log.ts";

const [dataDir = ""] = Deno.args;
const logger = getLogger(["test"]);
const log = await EventLog.open({ dataDir, keepDays: 30, keepGb: null }, [], logger);
log.append({
  type: "zone_entered",
  at: new Date().toISOString(),
  stream: "door",
  use_case: "u",
  sequence: 0,
  opens: { key: "z", endsAs: "zone_left" },
});
await log.flush();
Deno.stdout.writeSync(new TextEncoder().encode("written\n"));
setInterval(() => {}, 1000);
