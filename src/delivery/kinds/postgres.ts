/** `postgres://…`: events as rows of a table. */

import type { Client } from "pg";
import { keysOf } from "../../events/event.ts";
import { text } from "../../settings/setting.ts";
import type { ValuesOf } from "../../settings/setting.ts";
import { checkTls, readTls, tlsNeeds, tlsSettings } from "./broker_tls.ts";
import { BrokerConnection } from "./broker_connection.ts";
import { type BrokerUrl, parseServerUrl } from "./broker_url.ts";
import {
  DeliveryError,
  type Destination,
  type DestinationContext,
  type DestinationKind,
  type Message,
} from "../destination.ts";

const group = "Results and limits";
const urlAllowed = "must be postgres://[user@]host[:5432]/database";

const settings = {
  table: text("the name of a table, such as sightline_events or cameras.events", {
    group,
    value: "NAME",
    help: "table that events are written to, made when it is missing (sightline_events)",
  }, /^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/),
  ...tlsSettings,
} as const;

type PostgresSettings = ValuesOf<typeof settings>;

const defaults = { table: "sightline_events" };
/** Rows of one statement: a statement is taken whole or not at all, so that order holds. */
const batchSize = 500;

/** The kind; `kinds.ts` lists it. */
export const postgres: DestinationKind<typeof settings> = {
  name: "postgres",
  schemes: ["postgres", "postgresql", "postgres+tls"],
  example: "postgres://host/database",
  settings,
  check(url, settings) {
    const parts = parse(url);
    return parts !== null && parts.path !== "" ? checkTls(settings) : urlAllowed;
  },
  needs: (url, settings) => ({ net: parse(url)?.hosts ?? [], read: tlsNeeds(settings) }),
  async open(url, settings, context) {
    const { default: pg } = await import("pg");
    return new PostgresTable(pg.Client, parse(url)!, settings, context);
  },
};

function parse(url: string): BrokerUrl | null {
  return parseServerUrl(url, 5432);
}

class PostgresTable implements Destination {
  readonly order = "batch";
  readonly window = batchSize;
  readonly batch = batchSize;
  readonly #Client: typeof Client;
  readonly #url: BrokerUrl;
  readonly #settings: PostgresSettings & typeof defaults;
  readonly #context: DestinationContext;
  readonly #connection = new BrokerConnection<Client>({
    open: () => this.#open(),
    prepare: (client) => client.connect(),
    close: destroy,
    failureOf,
  });
  /** The connection on which the table was found or made. */
  #prepared: Client | null = null;

  constructor(
    client: typeof Client,
    url: BrokerUrl,
    settings: PostgresSettings,
    context: DestinationContext,
  ) {
    this.#Client = client;
    this.#url = url;
    this.#settings = { ...defaults, ...settings };
    this.#context = context;
  }

  async send(messages: readonly Message[], signal: AbortSignal): Promise<void> {
    const events = messages.map(({ event, json }) => {
      const { label, zone } = keysOf(event);
      const { id, at, stream, type } = event;
      return {
        id,
        at,
        stream,
        type: storable(type),
        label: storable(label),
        zone: storable(zone),
        json,
      };
    });
    const columns = [
      events.map(({ id }) => id),
      events.map(({ at }) => at),
      events.map(({ stream }) => stream),
      events.map(({ type }) => type),
      events.map(({ label }) => label),
      events.map(({ zone }) => zone),
      events.map(({ json }) => storableJson(json)),
    ];
    await this.#connection.use(signal, async (client) => {
      if (this.#prepared !== client) await client.query(tableOf(this.#settings.table));
      this.#prepared = client;
      await client.query(
        `INSERT INTO ${this.#settings.table} (id, at, stream, type, label, zone, event)
         SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[],
           $6::text[], $7::jsonb[])
         ON CONFLICT (id) DO NOTHING`,
        columns,
      );
    });
  }

  async check(signal: AbortSignal): Promise<string> {
    return await this.#connection.use(signal, async (client) => {
      const { rows: [row] } = await client.query("SELECT current_setting('server_version') AS v");
      return `PostgreSQL ${row.v}`;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }

  async #open(): Promise<Client> {
    const { scheme, host, port, user, path } = this.#url;
    const password = await this.#context.password();
    const isTls = scheme === "postgres+tls" || this.#settings.tls_ca !== undefined;
    const client = new this.#Client({
      host,
      port,
      database: path,
      user: user ?? "sightline",
      // A function, so that the environment's password is never taken instead.
      password: () => password ?? "",
      ssl: isTls ? await readTls(this.#settings) : false,
      application_name: "sightline",
    });
    const forget = (error?: Error) => void this.#connection.close(error, client);
    client.on("error", forget);
    client.on("end", () => forget());
    return client;
  }
}

/** Not by a message of farewell, which a server that hangs would never answer. */
function destroy(client: Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream
    .destroy();
}

/** Made in one go, so that two Sightlines that start together do not meet halfway. */
function tableOf(table: string): string {
  const name = table.replace(".", "_");
  return `CREATE TABLE IF NOT EXISTS ${table} (
      id uuid PRIMARY KEY, at timestamptz NOT NULL, stream text NOT NULL, type text NOT NULL,
      label text, zone text, event jsonb NOT NULL);
    CREATE INDEX IF NOT EXISTS ${name}_at ON ${table} (at);
    CREATE INDEX IF NOT EXISTS ${name}_stream_at ON ${table} (stream, at);`;
}

/** Class 22 is wrong data, 23 a broken constraint: the same row is refused for ever. */
function failureOf(error: unknown): unknown {
  const { code, message } = error as Error & { readonly code?: unknown };
  return typeof code === "string" && /^2[23]/.test(code)
    ? new DeliveryError("refused", message, { cause: error })
    : error;
}

/** A text without what PostgreSQL has no place for: zeros, and halves of characters. */
function storable<Text extends string | null>(text: Text): Text {
  return (text?.toWellFormed().replaceAll("\0", "\ufffd") ?? null) as Text;
}

/** The same of a JSON, where they are escaped. */
function storableJson(json: string): string {
  return json.replaceAll(/\\(?:u0000|ud[0-9a-f]{3}|.)/g, (escape) => {
    return /^\\u(0000|d)/.test(escape) ? "\\ufffd" : escape;
  });
}
