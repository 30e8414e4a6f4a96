/**
 * The container's health check: asks `/healthz` of the Sightline that is process 1, at the address
 * which its own command line names. Exit code 0 = healthy.
 */
import { healthUrl } from "./health_url.ts";

const commandLine = await Deno.readTextFile("/proc/1/cmdline");
const url = await healthUrl(commandLine.split("\0").slice(0, -1));
// Without a live view there is nothing to ask: that process 1 lives is all there is to know.
const healthy = url === null || await fetch(url).then(({ ok }) => ok, () => false);
Deno.exit(healthy ? 0 : 1);
