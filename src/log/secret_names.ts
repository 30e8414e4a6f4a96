/** Which names of settings and options say that what stands behind them is a secret. */

const secretWords = new Set(
  ("pass password passwd passphrase passcode pwd pw pin secret secrets token bearer key keys apikey " +
    "auth authorization credential credentials header headers").split(" "),
);

/** Whether the last word of the name is one for a secret, as of `plate_api_key`, `userPin`, `headers`. */
export function isSecretName(name: string): boolean {
  const words = name.replace(/([a-z\d])(?=[A-Z])/g, "$1_").toLowerCase().split(/[^a-z\d]+/);
  return secretWords.has(words.at(-1)!);
}

/** Whether a value is the header of a login, wherever it stands. */
export function isSecretValue(value: string): boolean {
  return /^\s*(?:bearer\s|basic\s+[a-z\d+/]{6,}=*\s*$)/i.test(value);
}
