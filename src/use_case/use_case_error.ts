/** What is wrong with a plugin, in words for its user. */

/** A plugin that cannot be loaded, breaks the contract, or cannot feed the model. */
export class UseCaseError extends Error {
  override readonly name = "UseCaseError";
}
