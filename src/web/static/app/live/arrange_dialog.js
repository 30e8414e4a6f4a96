/* Where the visitor arranges the wall: order, groups, and what is hidden. */

import { at, query } from "../base.js";
import { CopyButton, Dialog, IconButton, TextField } from "../controls.js";
import { html } from "../dom.js";
import { t } from "../texts.js";
import { asConfigured, groupOf, groupsOf, inOrder, moved } from "./arrangement.js";

/** `group` is the one that the wall shows now, which its kiosk link keeps. */
export function ArrangeDialog({ streams, arrangement, group, onChange, onClose }) {
  const ordered = inOrder(streams, arrangement);
  const { groups, hidden } = arrangement;
  // The address alone has to carry it all: another browser keeps another arrangement.
  const shown = ordered.filter(({ name }) =>
    group === undefined ? !hidden.includes(name) : groupOf(name, arrangement) === group
  );
  const names = shown.map(({ name }) => name).join(",");
  const kiosk = location.origin + at("live") + query({ kiosk: 1, streams: names });
  const setGroup = (name, given) =>
    onChange({ ...arrangement, groups: { ...groups, [name]: given } });
  const show = (name, isShown) =>
    onChange({
      ...arrangement,
      hidden: isShown ? hidden.filter((other) => other !== name) : [...hidden, name],
    });
  return html`
    <${Dialog} title=${t("arrange.title")} onClose=${onClose}>
      <p class="dim">${t("arrange.hint")}</p>
      <datalist id="group-names">
        ${groupsOf(streams, arrangement).map((name) => html`<option value=${name} />`)}
      </datalist>
      <ol class="arrange">
        ${ordered.map(({ name }, index) =>
          html`
            <li key=${name}>
              <input
                type="checkbox" aria-label=${t("arrange.show", { name })}
                checked=${!hidden.includes(name)}
                onChange=${(event) => show(name, event.target.checked)}
              />
              <span class="name">${name}</span>
              <${TextField}
                class="group" list="group-names" maxlength="40" placeholder=${t("live.group")}
                aria-label=${t("arrange.group", { name })} value=${groupOf(name, arrangement) ?? ""}
                onChange=${(group) => setGroup(name, group.trim())}
              />
              <${IconButton}
                icon="up" name=${t("arrange.up", { name })} disabled=${index === 0}
                onClick=${() => onChange(moved(streams, arrangement, name, -1))}
              />
              <${IconButton}
                icon="down" name=${t("arrange.down", {
                  name,
                })} disabled=${index === ordered.length - 1}
                onClick=${() => onChange(moved(streams, arrangement, name, 1))}
              />
            </li>
          `
        )}
      </ol>
      <section class="kiosk-link">
        <h3>${t("live.kiosk")}</h3>
        <p class="dim">${t("live.kiosk_hint")}</p>
        <p><code>${kiosk}</code></p>
      </section>
      <footer>
        <button type="button" class="button" onClick=${() => onChange(asConfigured)}>
          ${t("arrange.reset")}
        </button>
        <${CopyButton} text=${kiosk} name=${t("live.kiosk")} />
        <button type="button" class="button primary" onClick=${onClose}>${t(
          "arrange.done",
        )}</button>
      </footer>
      <//>
  `;
}
