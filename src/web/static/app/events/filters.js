/* Which events are shown. The address holds it, so that a link leads to the same. */

import { ask, serverNowMs } from "../api.js";
import { at, query } from "../base.js";
import { html, useEffect, useState } from "../dom.js";
import { inWords, toField } from "../format.js";
import { Icon } from "../icons.js";
import { go } from "../router.js";
import { t } from "../texts.js";

const names = ["stream", "label", "zone", "type"];
/** Which can be left out as well, and by what parameter. */
const excluded = { type: "not_type", label: "not_label" };
const weekMs = 7 * 86_400_000;

/** The filters that an address holds; what it says besides counts for nothing. */
export function filtersOf(given) {
  const known = [...names, ...Object.values(excluded), "from", "to"];
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
                html`<option value=${value}>${wordsOf(name, value)}</option>`
              )}
            </select>
          </label>
        `
      )}
      <${LeftOut} filters=${filters} choices=${choices} />
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

/** Types and labels that are not shown; each is a button that shows it again. */
function LeftOut({ filters, choices }) {
  const leave = (key, values) =>
    setFilters({ ...filters, [key]: values.length === 0 ? null : values });
  const chosen = Object.entries(excluded).flatMap(([name, key]) =>
    (filters[key] ?? []).map((value) => ({ key, value, words: wordsOf(name, value) }))
  );
  const onChoose = ({ target }) => {
    const [name, ...rest] = target.value.split(" ");
    target.value = "";
    if (name in excluded) {
      const key = excluded[name];
      leave(key, [...new Set([...filters[key] ?? [], rest.join(" ")])]);
    }
  };
  return html`
    <div class="field">
      <label for="leave-out">${t("events.leave_out")}</label>
      <select id="leave-out" value="" onChange=${onChoose}>
        <option value="">${t("events.nothing")}</option>
        ${Object.entries(excluded).map(([name, key]) =>
          html`
            <optgroup label=${t(`events.${name}`)}>
              ${(choices[name] ?? []).filter((value) => !filters[key]?.includes(value)).map((
                value,
              ) => html`<option value=${`${name} ${value}`}>${wordsOf(name, value)}</option>`)}
            </optgroup>
          `
        )}
      </select>
    </div>
    ${chosen.length > 0 && html`
      <ul class="left-out" aria-label=${t("events.leave_out")}>
        ${chosen.map(({ key, value, words }) =>
          html`
            <li key=${`${key} ${value}`}>
              <button type="button" class="button" aria-label=${t("events.show_again", { words })}
                onClick=${() => leave(key, filters[key].filter((other) => other !== value))}>
                <s>${words}</s><${Icon} name="close" />
              </button>
            </li>
          `
        )}
      </ul>
    `}
  `;
}

function wordsOf(name, value) {
  return name === "type" ? inWords(value) : value;
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
    const from = new Date(serverNowMs() - weekMs).toISOString();
    ask(`api/events/names${query({ from })}`, { signal: end.signal })
      .then(setChoices)
      // The list of events says why there is none.
      .catch(() => {});
    return () => end.abort();
  }, []);
  return choices;
}
