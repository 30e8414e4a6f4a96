/** The attacks of node_attacks.js by named imports, which no change of a module's default export reaches. */

import * as child_process from "node:child_process";
import * as dgram from "node:dgram";
import * as dns from "node:dns";
import * as fs from "node:fs";
import * as http from "node:http";
import * as inspector from "node:inspector";
import * as module from "node:module";
import * as net from "node:net";
import * as os from "node:os";
import * as process from "node:process";
import * as sqlite from "node:sqlite";
import * as vm from "node:vm";
import * as worker_threads from "node:worker_threads";
import { attacks } from "./node_attacks.js";

const made = attacks({
  child_process,
  dgram,
  dns,
  fs,
  http,
  inspector,
  module,
  net,
  os,
  process,
  sqlite,
  vm,
  worker_threads,
});

export const { attempts } = made;
export default made.plugin;
