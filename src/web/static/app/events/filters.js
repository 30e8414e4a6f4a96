/* Which events are shown. The address holds it, so that a link leads to the same. */

import { ask } from "../api.js";
import { at, query } from "../base.js";
import { html, useEffect, useState } from "../dom.js";
import { inWords, toField } from "../format.js";
import { go } from "../router.js";
import { t } from "../texts.js";

const names = ["stream", "label", "zone", "type"];
const weekMs = 7 * 86_400_000;

/** The filters that an address holds; what it says besides counts for nothing. */
export function filtersOf(given) {
  const known = [...names, "from", "to"];
  return Object.fromEntries(known.flatMap((key) => given[key] ? [[key, given[key]]] : []));
}

/** Shows other events, without a step back for each change. */
export function setFilters(filters) {
  go(at("events") + query(filters), { replace: true });
}

/** Fields for each; what can be chosen is what happened in the last week. */
export function Filters({ filters }) {
  const choices = useChoices();
  const set = (key, value) => setFilters({ ...filters, [key]: value === "" ? null : value });
  return html`
    <form class="filters" aria-label=${t("events.filters")} onSubmit=${(event) =>
      event.preventDefault()}>
      ${names.map((name) =>
        html`
          <label class="field" key=${name}>
            <span>${t(`events.${name}`)}</span>
            <select value=${filters[name] ?? ""} onChange=${(event) =>
              set(name, event.target.value)}>
              <option value="">${t("events.any")}</option>
              ${withChosen(choices[name] ?? [], filters[name]).map((value) =>
                html`<option value=${value}>${name === "type" ? inWords(value) : value}</option>`
              )}
            </select>
          </label>
        `
      )}
      ${["from", "to"].map((name) =>
        html`
          <label class="field" key=${name}>
            <span>${t(`events.${name}`)}</span>
            <input
              type="datetime-local" value=${fieldOf(filters[name])}
              onChange=${(event) => set(name, timeOf(event.target.value))}
            />
          </label>
        `
      )}
      <button
        type="button" class="button" disabled=${Object.keys(filters).length === 0}
        onClick=${() => setFilters({})}
      >
        ${t("events.reset")}
      </button>
    </form>
  `;
}

/** What an address says stays to be seen, whether it happened or not. */
function withChosen(values, chosen) {
  return chosen === undefined || values.includes(chosen) ? values : [chosen, ...values];
}

function fieldOf(time) {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? "" : toField(ms);
}

function timeOf(field) {
  const ms = Date.parse(field);
  return Number.isNaN(ms) ? "" : new Date(ms).toISOString();
}

function useChoices() {
  const [choices, setChoices] = useState({});
  useEffect(() => {
    const end = new AbortController();
    const from = new Date(Date.now() - weekMs).toISOString();
    for (const by of names) {
      ask(`api/counts${query({ by, bucket: "9999d", from })}`, { signal: end.signal })
        .then(({ counts }) => {
          const values = [...new Set(counts.map((count) => count[by]))].filter((value) => value);
          setChoices((before) => ({ ...before, [by]: values.toSorted() }));
        })
        // The list of events says why there is none.
        .catch(() => {});
    }
    return () => end.abort();
  }, []);
  return choices;
}
