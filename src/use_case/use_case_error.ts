/** An error of a plugin, with a message for its user. */

/** A plugin that cannot be loaded, breaks the contract, or cannot feed the model. */
export class UseCaseError extends Error {
  override readonly name = "UseCaseError";
  /** Places in the plugin's source where it was thrown, innermost first. */
  readonly trace: readonly string[];

  constructor(message: string, options?: ErrorOptions & { readonly trace?: readonly string[] }) {
    super(message, options);
    this.trace = options?.trace ?? [];
  }
}
