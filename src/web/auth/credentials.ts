/** The secrets that give access to the live view, and their comparison. */

import { createHash, timingSafeEqual } from "node:crypto";
import type { AccessConfig, SecretConfig } from "../settings.ts";

/** What a visitor may: look, or post events and take a support bundle as well. */
export type Role = "view" | "operate";

/** One attempt to sign in; what is missing is empty. */
export interface Attempt {
  readonly token: string;
  readonly user: string;
  readonly password: string;
}

/** The secrets, read once. */
export class Credentials {
  readonly #token: string | null;
  readonly #user: string;
  readonly #password: string | null;
  readonly #operateToken: string | null;

  /** Null where there is none of its kind; an empty secret matches nothing. */
  constructor(
    token: string | null,
    user: string | null,
    password: string | null,
    operateToken: string | null = null,
  ) {
    this.#token = token;
    this.#user = user ?? "";
    this.#password = password;
    this.#operateToken = operateToken;
  }

  /** @throws {Error} when a file cannot be read, or is empty; it never holds the secret */
  static async read(
    { token, user, password, operateToken = null }: AccessConfig,
  ): Promise<Credentials> {
    return new Credentials(
      token && await readSecret(token),
      user,
      password && await readSecret(password),
      operateToken && await readSecret(operateToken),
    );
  }

  /** What the login page asks for. */
  get kinds(): { readonly token: boolean; readonly password: boolean } {
    return {
      token: (this.#token ?? this.#operateToken) !== null,
      password: this.#password !== null,
    };
  }

  /** What the attempt opens; null = nothing. Each takes the same time, whatever is right about it. */
  roleOf({ token, user, password }: Attempt): Role | null {
    const tokenFits = isEqual(token, this.#token ?? "") && this.#token !== null;
    const operates = this.#operates(token);
    const userFits = isEqual(user, this.#user);
    const passwordFits = isEqual(password, this.#password ?? "");
    if (operates) return "operate";
    const isKnown = tokenFits || (this.#password !== null && userFits && passwordFits);
    return isKnown ? "view" : null;
  }

  /** Whether there is a token that may operate. */
  get canOperate(): boolean {
    return this.#operateToken !== null;
  }

  /** The same for an `Authorization` header: `Bearer TOKEN`, or `Basic` with user and password. */
  roleOfHeader(header: string | undefined): Role | null {
    const [, scheme, value = ""] = /^(bearer|basic) +(\S+) *$/i.exec(header ?? "") ?? [];
    if (scheme === undefined) return null;
    if (scheme.toLowerCase() === "bearer") {
      return this.roleOf({ token: value, user: "", password: "" });
    }
    const [, user = "", password = ""] = /^([^:]*):(.*)$/s.exec(decodeBase64(value)) ?? [];
    return this.roleOf({ token: "", user, password });
  }

  #operates(token: string): boolean {
    return isEqual(token, this.#operateToken ?? "") && this.#operateToken !== null;
  }
}

async function readSecret(secret: SecretConfig): Promise<string> {
  if ("value" in secret) return secret.value;
  let text: string;
  try {
    text = await Deno.readTextFile(secret.file);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot read the secret in ${secret.file}: ${message}`, { cause });
  }
  // Editors end the last line.
  const value = text.replace(/\r?\n$/, "");
  if (value === "") throw new Error(`Cannot use the secret in ${secret.file}: the file is empty`);
  return value;
}

/** Digests have one length, so that the time taken does not reveal the length of the secret. */
function isEqual(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function decodeBase64(text: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(text));
  } catch {
    return "";
  }
}
