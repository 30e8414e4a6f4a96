/** A plugin that was started for one stream, and makes use cases. */

import type { Logger } from "@logtape/logtape";
import type { UseCaseConfig } from "./settings.ts";
import type { Lease } from "../shared.ts";
import type { UseCaseHost, UseCaseRequest } from "./host.ts";
import { GuestHost } from "./hosts/guest_host.ts";
import type { SharedGuest } from "./hosts/shared_guest.ts";
import { pluginName } from "./modules/plugin_url.ts";

/** A plugin whose module has run, within its confinement. */
export class Plugin implements AsyncDisposable {
  /** What it is called in records and log lines. */
  readonly name: string;
  readonly #config: UseCaseConfig;
  readonly #stream: string;
  readonly #logger: Logger;
  readonly #guest: Lease<SharedGuest>;

  constructor(config: UseCaseConfig, stream: string, logger: Logger, guest: Lease<SharedGuest>) {
    this.name = pluginName(config.module);
    this.#config = config;
    this.#stream = stream;
    this.#logger = logger;
    this.#guest = guest;
  }

  /** Errors of its timers and promises that no call waited for, since it last started. */
  get uncaught(): number {
    return this.#guest.item.uncaught;
  }

  /**
   * Makes a use case.
   * @throws {UseCaseError} when it refuses its options or cannot feed the model.
   */
  open(request: UseCaseRequest): Promise<UseCaseHost> {
    const { options, timeoutMs, withholdsNet } = this.#config;
    const { model, binaryInput } = request;
    const stream = this.#stream;
    const logger = this.#logger;
    return GuestHost.open({
      name: this.name,
      request,
      logger,
      timeoutMs,
      open: (onEnd) =>
        this.#guest.item.open({
          ...{ options, stream, model, binaryInput, timeoutMs, logger, onEnd },
          ...(withholdsNet && { mutesFetch: true }),
        }),
    });
  }

  /** Use cases that were made of it go on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#guest[Symbol.asyncDispose]();
  }
}
