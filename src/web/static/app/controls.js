/* Parts that several pages use. */

import { ApiError } from "./api.js";
import { html, useEffect, useRef, useState } from "./dom.js";
import { Icon } from "./icons.js";
import { t } from "./texts.js";

/** A button with a drawing; its name is read aloud and shown when the pointer rests on it. */
export function IconButton({ icon, name, pressed, ...rest }) {
  return html`
    <button
      type="button" class="icon-button" aria-label=${name} title=${name}
      aria-pressed=${pressed} ...${rest}
    >
      <${Icon} name=${icon} />
    </button>
  `;
}

/** A dialog over the page; Escape and a click beside it close it. */
export function Dialog({ title, onClose, children }) {
  const dialog = useRef(null);
  useEffect(() => dialog.current.showModal(), []);
  const onClick = (event) => event.target === dialog.current && onClose();
  return html`
    <dialog
      ref=${dialog} class="dialog" aria-labelledby="dialog-title" onClose=${onClose}
      onClick=${onClick}
    >
      <div class="dialog-body">
        <header>
          <h2 id="dialog-title">${title}</h2>
          <${IconButton} icon="close" name=${t("app.close")} onClick=${onClose} />
        </header>
        ${children}
      </div>
    </dialog>
  `;
}

/** A field whose text counts once it is done: pages are drawn anew meanwhile, again and again. */
export function TextField({ value, onChange, ...rest }) {
  const [typed, setTyped] = useState(null);
  const onDone = ({ target }) => {
    setTyped(null);
    onChange(target.value);
  };
  return html`
    <input
      value=${typed ?? value} onInput=${({ target }) => setTyped(target.value)}
      onChange=${onDone} ...${rest}
    />
  `;
}

/** Copies a text, and says so. */
export function CopyButton({ text, name }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(text);
    setCopied(true);
  };
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(setCopied, 2000, false);
    return () => clearTimeout(timer);
  }, [copied]);
  return html`
    <button type="button" class="button" onClick=${copy}>
      <${Icon} name="link" /><span aria-live="polite">${copied ? t("live.copied") : name}</span>
    </button>
  `;
}

/** Over plain http there is no clipboard for pages; a selection can be copied all the same. */
async function copyText(text) {
  if (navigator.clipboard !== undefined) return await navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

/** What could not be loaded, and why: in Sightline's words, or because there was no answer. */
export function Failure({ error }) {
  const reason = error instanceof ApiError ? error.message : t("app.no_answer");
  return html`<p class="notice" role="alert">${t("app.failed", { reason })}</p>`;
}

/** Whether a key is meant for the page and not for a field, a menu or the browser. */
export function isForPage(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  if (document.querySelector("dialog[open]") !== null) return false;
  return event.target.closest?.("input, select, textarea, [contenteditable]") === null;
}
