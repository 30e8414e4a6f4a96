/* A card for Home Assistant's dashboards: one stream of a Sightline, live, with its boxes. */

/** The one Sightline of a page: its element can be defined once alone. */
let source = null;

class SightlineCard extends HTMLElement {
  /** Home Assistant shows what is thrown here in the card's place. */
  setConfig({ url, stream, key, mode = "exact", layers }) {
    for (const [name, value] of Object.entries({ url, stream, key })) {
      if (!value) throw new Error(`sightline-card needs ${name}`);
    }
    const element = new URL("static/live/sightline_stream.js", url).href;
    source ??= element;
    if (source !== element) throw new Error("all sightline-cards of a page need the same url");
    import(element).catch((error) => this.replaceChildren(`${element}: ${error.message}`));
    const card = document.createElement("ha-card");
    const live = document.createElement("sightline-stream");
    for (const [name, value] of Object.entries({ stream, key, mode, layers })) {
      if (value !== undefined) live.setAttribute(name, value);
    }
    card.style.overflow = "hidden";
    card.append(live);
    this.replaceChildren(card);
  }

  /** States of entities are of no use to it. */
  set hass(_hass) {}

  /** In rows of 50 pixels. */
  getCardSize() {
    return 5;
  }

  getGridOptions() {
    return { columns: 12, rows: "auto" };
  }

  static getStubConfig() {
    return { url: "https://sightline.lan:5000/", stream: "door", key: "" };
  }
}

customElements.define("sightline-card", SightlineCard);
globalThis.customCards = [...globalThis.customCards ?? [], {
  type: "sightline-card",
  name: "Sightline",
  description: "A stream of Sightline, live, with its boxes",
}];
