/** The doors of the live view: which settings go together, and what they come to. */

import type { Problem } from "../settings/problem.ts";
import type { AccessConfig, SecretConfig, VisualizerConfig } from "./resolved.ts";
import type { ProcessSettings } from "./settings.ts";

/** What is wrong with the doors as a whole. */
export function checkDoors(settings: ProcessSettings): Problem[] {
  const problems: Problem[] = [];
  const wrong = (setting: keyof ProcessSettings, message: string, value?: unknown) =>
    problems.push({ setting, message, ...(value !== undefined && { value }) });
  const secrets = ["visualizer_token", "visualizer_operate_token", "visualizer_password"] as const;
  for (const name of secrets) {
    if (settings[name] !== undefined && settings[`${name}_file`] !== undefined) {
      wrong(`${name}_file`, `cannot stand beside --${name}`);
    }
  }
  const hasPassword = (settings.visualizer_password ?? settings.visualizer_password_file) !==
    undefined;
  const user = settings.visualizer_user;
  if (user !== undefined && !hasPassword) {
    wrong("visualizer_user", "needs --visualizer_password_file beside it", user);
  }
  if (user === undefined && hasPassword) {
    wrong("visualizer_user", "is missing beside the password");
  }
  const { visualizer_tls_cert: cert, visualizer_tls_key: key } = settings;
  if (cert !== undefined && key === undefined) {
    wrong("visualizer_tls_key", "is missing beside --visualizer_tls_cert");
  }
  if (cert === undefined && key !== undefined) {
    wrong("visualizer_tls_cert", "is missing beside --visualizer_tls_key");
  }
  const { visualizer_host: host, visualizer_port: port, visualizer_insecure } = settings;
  const isOpen = host !== undefined && Boolean(port) && !isLoopback(host);
  const hasToken = (settings.visualizer_token ?? settings.visualizer_token_file ??
    settings.visualizer_operate_token ?? settings.visualizer_operate_token_file) !== undefined;
  if (isOpen && !hasToken && !hasPassword && user === undefined && !visualizer_insecure) {
    wrong(
      "visualizer_host",
      "lets the network in: it needs --visualizer_token_file, or --visualizer_user and " +
        "--visualizer_password_file; or --visualizer_insecure, for everybody",
      host,
    );
  }
  return problems;
}

/** What is right but may not be meant. */
export function doorNotices(settings: ProcessSettings): string[] {
  const { visualizer_port, visualizer_insecure } = settings;
  const given = Object.keys(settings).filter((name) => /^visualizer_(?!port)/.test(name));
  if (!visualizer_port) {
    return given.map((name) => `--${name} has no effect without --visualizer_port`);
  }
  const hasKeys = given.some((name) => /^visualizer_((operate_)?token|user)/.test(name));
  if (visualizer_insecure && hasKeys) {
    return ["--visualizer_insecure has no effect beside a token or a password"];
  }
  return [];
}

/** The live view; null = none. */
export function assembleVisualizer(
  settings: ProcessSettings & { readonly visualizer_host: string },
): VisualizerConfig | null {
  if (!settings.visualizer_port) return null;
  const { visualizer_tls_cert: certFile, visualizer_tls_key: keyFile } = settings;
  return {
    host: settings.visualizer_host,
    port: settings.visualizer_port,
    access: assembleAccess(settings),
    tls: certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : null,
  };
}

function assembleAccess(settings: ProcessSettings): AccessConfig | null {
  const token = secret(settings.visualizer_token, settings.visualizer_token_file);
  const password = secret(settings.visualizer_password, settings.visualizer_password_file);
  const operateToken = secret(
    settings.visualizer_operate_token,
    settings.visualizer_operate_token_file,
  );
  if (token === null && operateToken === null && password === null) return null;
  return { token, operateToken, user: settings.visualizer_user ?? null, password };
}

function secret(value: string | undefined, file: string | undefined): SecretConfig | null {
  if (value !== undefined) return { value };
  return file === undefined ? null : { file };
}

/** Whether only this machine reaches the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
