/** What a configuration makes Sightline touch. */

import { dirname, resolve } from "node:path";
import type { ConfigReads } from "../config/file/load_config.ts";
import { isRemote } from "../settings/paths.ts";
import type { InferenceConfig } from "../inference/settings.ts";
import type { ResolvedConfig } from "../config/resolve_config.ts";
import type { SourceConfig } from "../source/settings.ts";
import type { StreamConfig } from "../stream/settings.ts";
import { Needs } from "../settings/needs.ts";
import { kindOf as kindOfSink } from "../sink/sinks.ts";
import { hostAndPort, isRtsps, parseAddress } from "../source/address.ts";
import { isSecret } from "../source/input_list.ts";
import { isHttps } from "../source/input_relay.ts";
import { portOfRtsps } from "../source/tls_relay.ts";
import { motionSocketName } from "../source/motion_feed.ts";
import { kindOf } from "../delivery/destination_config.ts";
import { pictureFolderName } from "../source/full_pictures.ts";
import { frameSocketName } from "../source/run_channels.ts";
import { tapSocketName } from "../source/tap_socket.ts";
import { defaultCacheDir } from "../use_case/modules/cache_dir.ts";
import { guestSocketName } from "../use_case/hosts/process_link.ts";
import { sharingKey } from "../use_case/hosts/sharing_key.ts";
import { pluginUrl } from "../use_case/modules/plugin_url.ts";
import { permissionKinds } from "../use_case/permissions.ts";
import { localModules } from "../use_case/modules/prepare_plugin.ts";

/** Values of each kind of permission; `true` where Deno cannot be told less. */
export type Needed = ReadonlyMap<string, ReadonlySet<string> | true>;

/** `root` is where Sightline's own files lie, `file` what the configuration was read from. */
export async function neededPermissions(
  config: ResolvedConfig,
  root: URL,
  file: ConfigReads | null = null,
): Promise<Needed> {
  const needs = new Needs(root);
  if (file !== null) {
    // Folders are watched, not files.
    for (const path of file.files) needs.add("read", dirname(resolve(path)));
    // The YAML parser looks whether it shall tell what it does.
    needs.add("env", "LOG_TOKENS", "LOG_STREAM", ...file.env);
  }
  if (root.protocol !== "file:") needs.add("import", hostOf(root));
  // Modules of Workers, and web pages.
  needs.readFile(new URL("src/", root).href);
  needs.add("run", "ffmpeg", "sh");
  // node:fs compares a file's owner with it, to tell whether the file may be read.
  needs.add("sys", "uid");
  for (const stream of config.streams) await addStream(needs, stream, root);
  for (const { name, camera, source } of config.streams) {
    needs.socket(frameSocketName(name, source.url));
    if (source.motion !== null) needs.socket(motionSocketName(camera, source.url));
  }
  if (config.events.dataDir !== null) {
    needs.add("read", resolve(config.events.dataDir));
    needs.add("write", resolve(config.events.dataDir));
  }
  if (config.metrics) needs.add("net", `${config.metrics.host}:${config.metrics.port}`);
  if (config.visualizer) {
    const { host, port, access, tls } = config.visualizer;
    for (const secret of [access?.token, access?.password]) {
      if (secret && "file" in secret) needs.add("read", resolve(secret.file));
    }
    if (tls !== null) needs.add("read", resolve(tls.certFile), resolve(tls.keyFile));
    needs.add("net", `${host}:${port}`);
    for (const { camera, source } of config.streams) {
      needs.socket(tapSocketName(camera, source.url));
    }
    needs.package("imagescript");
    needs.add("env", "IMAGESCRIPT_WASM_SIMD");
  }
  return needs.values;
}

async function addStream(needs: Needs, stream: StreamConfig, root: URL): Promise<void> {
  const { source, inference, sinks } = stream;
  if (!isRemote(source.url)) needs.add("read", resolve(source.url));
  addInputRelay(needs, source);
  addInference(needs, inference, root);
  for (const sink of sinks) kindOfSink(sink).needs(sink, needs);
  for (const { kind, url, settings, passwordFile } of stream.destinations) {
    const { net = [], read = [], write = [], env = [] } = kindOf({ kind }).needs(url, settings);
    needs.add("net", ...net);
    const files = passwordFile === null ? read : [...read, passwordFile];
    needs.add("read", ...files.map((path) => resolve(path)));
    needs.add("write", ...write.map((path) => resolve(path)));
    needs.add("env", ...env);
  }
  await addUseCase(needs, stream);
  if (stream.secondary === null) return;
  addInference(needs, stream.secondary.inference, root);
  await addUseCase(needs, { name: stream.name, useCase: stream.secondary.useCase });
  needs.socket(pictureFolderName(stream.camera, source.url));
}

/** TLS to a camera is ended by us, behind a port of our own; so are secrets for HTTP kept. */
function addInputRelay(needs: Needs, { url, tls }: SourceConfig): void {
  const address = parseAddress(url);
  if (address.kind === "http" && isSecret(address.url)) needs.add("net", "127.0.0.1");
  if (!isRtsps(address) && !isHttps(address)) return;
  const { hostname, port } = hostAndPort(address.url, isHttps(address) ? 443 : portOfRtsps);
  needs.add("net", `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`, "127.0.0.1");
  if (tls.caFile !== null) needs.add("read", resolve(tls.caFile));
}

function addInference(needs: Needs, inference: InferenceConfig, root: URL): void {
  switch (inference.kind) {
    case "onnx":
      needs.add("read", resolve(inference.path));
      needs.package("onnxruntime-node");
      break;
    case "server": {
      const { hostname, port, protocol } = new URL(inference.url);
      if (protocol.startsWith("grpc")) needs.readFile(new URL("protos/", root).href);
      needs.add("net", `${hostname}:${port || (/^(https|grpcs):$/.test(protocol) ? 443 : 80)}`);
      for (const file of Object.values(inference.tls)) {
        if (file !== null) needs.add("read", resolve(file));
      }
    }
  }
}

async function addUseCase(
  needs: Needs,
  { name, useCase }: Pick<StreamConfig, "name" | "useCase">,
): Promise<void> {
  const url = pluginUrl(useCase.module);
  if (url.protocol === "file:") {
    for (const module of await localModules(url.href)) needs.readFile(module);
  } else {
    const cacheDir = useCase.cacheDir ?? defaultCacheDir();
    if (useCase.cacheDir === null) needs.add("env", "HOME", "XDG_CACHE_HOME");
    needs.add("net", hostOf(url));
    needs.add("read", resolve(cacheDir), resolve("."));
    needs.add("write", resolve(cacheDir), resolve("."));
  }
  if (useCase.isolation === "process") {
    // Deno gives /proc to nobody but who may do everything, so ps tells how much memory a child holds.
    needs.add("run", Deno.execPath(), "ps");
    needs.socket(guestSocketName(sharingKey(useCase, name)));
    needs.add("env", "DENO_DIR", "HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "SystemRoot");
    return;
  }
  // A Worker can only be given what its process has.
  for (const kind of permissionKinds) {
    const granted = useCase.granted[kind];
    if (granted === true) needs.all(kind);
    else for (const value of granted ?? []) needs.add(kind, isPath(kind) ? resolve(value) : value);
  }
}

function isPath(kind: string): boolean {
  return kind === "read" || kind === "write";
}

function hostOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}
