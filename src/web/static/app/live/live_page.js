/* The live page: the wall, or one stream large, with the keys for both. */

import { at, query } from "../base.js";
import { Dialog, IconButton, isForPage } from "../controls.js";
import { html, useEffect, useState } from "../dom.js";
import { useKept } from "../kept.js";
import { go } from "../router.js";
import { t } from "../texts.js";
import { ArrangeDialog } from "./arrange_dialog.js";
import { asConfigured, groupsOf, onWall } from "./arrangement.js";
import { LayerSwitches, useLayers } from "./layers.js";
import { Stage } from "./stage.js";
import { Wall } from "./wall.js";

/** `streams` null: nothing is known of them yet. */
export function LivePage({ route, streams, isLost, isKiosk }) {
  const [arrangement, setArrangement] = useKept("arrangement", asConfigured);
  const [dialog, setDialog] = useState(null);
  const choice = useLayers();
  const shown = onWall(streams ?? [], arrangement, route.query);
  const large = route.name === null ? null : streams?.find(({ name }) => name === route.name);
  const addressOf = (name) =>
    (name === null ? at("live") : at("live", name)) + query(kept(route.query));
  useKeys({ route, shown, choice, addressOf, openHelp: () => setDialog("help") });
  if (streams === null) return html`<h1 class="unseen">${t("live.title")}</h1>`;
  return html`
    <h1 class="unseen">${route.name ?? t("live.title")}</h1>
    ${!isKiosk && html`
      <${Tools} route=${route} streams=${streams} arrangement=${arrangement} shown=${shown}
        addressOf=${addressOf} onOpen=${setDialog} choice=${choice} />
    `}
    <div class="room">
      ${route.name !== null && large === undefined && html`
        <p class="empty">${t("live.gone", { name: route.name })}</p>
      `}
      ${large && html`
        <${Stage} key=${large.name} status=${large} choice=${choice} isLost=${isLost}
          isKiosk=${isKiosk} />
      `}
      ${route.name === null && shown.length === 0 && html`<p class="empty">${t("live.none")}</p>`}
      ${route.name === null && html`
        <${Wall} streams=${shown} choice=${choice} addressOf=${addressOf} />
      `}
    </div>
    ${dialog === "arrange" && html`
      <${ArrangeDialog} streams=${streams} arrangement=${arrangement} group=${route.query.group}
        onChange=${setArrangement} onClose=${() => setDialog(null)} />
    `}
    ${dialog === "layers" && html`
      <${Dialog} title=${t("live.layers")} onClose=${() => setDialog(null)}>
        <${LayerSwitches} choice=${choice} />
        <//>
    `}
    ${dialog === "help" && html`<${Keys} onClose=${() => setDialog(null)} />`}
  `;
}

/** What stays in the address from the wall to a stream and back. */
function kept({ kiosk, streams, group }) {
  return { kiosk, streams, group };
}

function Tools({ route, streams, arrangement, shown, addressOf, onOpen, choice }) {
  const groups = groupsOf(streams, arrangement);
  const { group } = route.query;
  const place = shown.findIndex(({ name }) => name === route.name);
  const step = (by) => shown[(place + by + shown.length) % shown.length]?.name;
  return html`
    <div class="tools">
      ${route.name !== null && html`
        <a class="button" href=${addressOf(null)}>${t("live.wall")}</a>
        ${place !== -1 && shown.length > 1 && html`
          <${IconButton} icon="left" name=${t("live.previous")} onClick=${() =>
            go(addressOf(step(-1)))} />
          <${IconButton} icon="right" name=${t("live.next")} onClick=${() =>
            go(addressOf(step(1)))} />
        `}
      `}
      ${route.name === null && groups.length > 0 && html`
        <nav class="groups" aria-label=${t("live.group")}>
          <a href=${at("live")} aria-current=${group === undefined ? "true" : undefined}>${t(
            "live.all",
          )}</a>
          ${groups.map((name) =>
            html`
              <a
                key=${name} href=${at("live") + query({ group: name })}
                aria-current=${group === name ? "true" : undefined}
              >${name}</a>
            `
          )}
        </nav>
      `}
      <span class="spring"></span>
      <${IconButton} icon="layers" name=${t("live.layers")} pressed=${!choice.areOff}
        onClick=${() => onOpen("layers")} />
      <${IconButton} icon="arrange" name=${t("live.arrange")} onClick=${() => onOpen("arrange")} />
      <${IconButton} icon="fullscreen" name=${t("live.fullscreen")} onClick=${toggleFullscreen} />
      <${IconButton} icon="help" name=${t("live.help")} onClick=${() => onOpen("help")} />
    </div>
  `;
}

function Keys({ onClose }) {
  const keys = [
    ["← → ↑ ↓", "arrows"],
    ["Enter", "enter"],
    ["1 … 9, 0", "digits"],
    ["f", "f"],
    ["o", "o"],
    ["Esc", "escape"],
    ["?", "help"],
  ];
  return html`
    <${Dialog} title=${t("keys.title")} onClose=${onClose}>
      <dl class="keys">
        ${keys.map(([key, name]) =>
          html`
            <dt><kbd>${key}</kbd></dt>
            <dd>${t(`keys.${name}`)}</dd>
          `
        )}
      </dl>
      <//>
  `;
}

function useKeys({ route, shown, choice, addressOf, openHelp }) {
  useEffect(() => {
    const step = (by) => {
      const place = shown.findIndex(({ name }) => name === route.name);
      const next = shown[(place + by + shown.length) % shown.length];
      if (next !== undefined) go(addressOf(next.name), { replace: true });
    };
    const onKey = (event) => {
      if (!isForPage(event)) return;
      const { key } = event;
      const isLarge = route.name !== null;
      if (/^[1-9]$/.test(key) && shown[key - 1]) go(addressOf(shown[key - 1].name));
      else if (key === "0" || key === "Escape" && isLarge) go(addressOf(null));
      else if (key === "f") toggleFullscreen();
      else if (key === "o") choice.toggleAll();
      else if (key === "?") openHelp();
      else if (isLarge && (key === "ArrowRight" || key === "ArrowDown")) step(1);
      else if (isLarge && (key === "ArrowLeft" || key === "ArrowUp")) step(-1);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

async function toggleFullscreen() {
  if (document.fullscreenElement !== null) return await document.exitFullscreen();
  // Phones of one maker allow it for videos alone.
  await document.documentElement.requestFullscreen?.().catch(() => {});
}
