/** The attacks of node_attacks.js by default imports. */

import child_process from "node:child_process";
import dgram from "node:dgram";
import dns from "node:dns";
import fs from "node:fs";
import http from "node:http";
import inspector from "node:inspector";
import module from "node:module";
import net from "node:net";
import os from "node:os";
import process from "node:process";
import sqlite from "node:sqlite";
import vm from "node:vm";
import worker_threads from "node:worker_threads";
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
