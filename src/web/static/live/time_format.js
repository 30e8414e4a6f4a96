/** How times are written in pages and on pictures. */

/** The time alone or with its day, as `options` say; the hours are 0 to 23 in every language. */
export function timeFormat(language, options = { timeStyle: "medium" }) {
  return new Intl.DateTimeFormat(language, { ...options, hourCycle: "h23" });
}

/** The language of the page around an element; undefined where it says none that there is. */
export function languageAround(element) {
  const said = element.closest("[lang]")?.lang || document.documentElement.lang;
  try {
    return Intl.getCanonicalLocales(said || [])[0];
  } catch {
    return undefined;
  }
}
