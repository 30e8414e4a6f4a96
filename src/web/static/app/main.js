/* The frame of all pages: what stands around them, which of them is shown, and its title. */

import { ask, usePoll } from "./api.js";
import { at } from "./base.js";
import { safeText } from "../live/safe_text.js";
import { IconButton } from "./controls.js";
import { html, render, useEffect, useRef } from "./dom.js";
import { EventPage } from "./events/event_page.js";
import { EventsPage } from "./events/events_page.js";
import { HealthPage } from "./health/health_page.js";
import { Icon } from "./icons.js";
import { useKept } from "./kept.js";
import { LivePage } from "./live/live_page.js";
import { followLink, useRoute } from "./router.js";
import { language, t } from "./texts.js";
import { ZonesPage } from "./zones/zones_page.js";

const pollMs = 1000;
const pages = ["live", "events", "zones", "health"];
const themes = ["auto", "dark", "light"];

function App() {
  const route = useRoute();
  const { answer, error, isLost } = usePoll("api/streams", pollMs);
  const { answer: session } = usePoll("api/session", null);
  const streams = answer?.streams ?? null;
  const isKiosk = route.page === "live" && route.query.kiosk !== undefined;
  const main = useRef(null);
  const title = titleOf(route);
  useEffect(() => {
    document.title = `${safeText(title)} – Sightline`;
  }, [title]);
  useFocusOnPage(main, `${route.page}/${route.name ?? ""}`);
  return html`
    <div class=${`app ${isKiosk ? "kiosk" : ""}`} data-page=${route.page} onClick=${followLink}>
      ${!isKiosk && html`
        <${Bar} route=${route} streams=${isLost ? null : streams} isSignedIn=${session?.signed_in ??
          false} />
      `}
      ${error !== null && html`<p class="lost" role="alert">${t("app.lost")}</p>`}
      <main id="content" ref=${main} tabindex="-1">
        <${Page} route=${route} streams=${streams} isLost=${isLost} isKiosk=${isKiosk}
          role=${session?.role ?? null} />
      </main>
    </div>
  `;
}

function Page({ route, role, ...rest }) {
  if (route.page === "live") return html`<${LivePage} route=${route} ...${rest} />`;
  if (route.page === "events" && route.name !== null) {
    return html`<${EventPage} key=${route.name} id=${route.name} />`;
  }
  if (route.page === "events") return html`<${EventsPage} route=${route} ...${rest} />`;
  if (route.page === "zones") return html`<${ZonesPage} route=${route} ...${rest} />`;
  if (route.page === "health") return html`<${HealthPage} role=${role} />`;
  return html`
    <div class="page">
      <h1>${t("app.nowhere")}</h1>
      <p><a href=${at("live")}>${t("app.home")}</a></p>
    </div>
  `;
}

function Bar({ route, streams, isSignedIn }) {
  const live = streams?.filter(({ state, frozen }) => state === "live" && !frozen).length ?? 0;
  return html`
    <header class="bar">
      <a class="skip" href="#content">${t("app.skip")}</a>
      <a class="brand" href=${at("live")}>
        <img src=${`${
          at("static")
        }/icon.svg`} alt="" width="26" height="26" /><span>Sightline</span>
      </a>
      <nav aria-label=${t("app.pages")}>
        ${pages.map((page) =>
          html`
            <a href=${at(page)} aria-current=${route.page === page ? "page" : undefined}>
              <${Icon} name=${page} /><span>${t(`nav.${page}`)}</span>
            </a>
          `
        )}
      </nav>
      <span class="summary">
        ${streams !== null && t("app.live_count", { live, all: streams.length })}
      </span>
      <${ThemeButton} />
      ${isSignedIn && html`
        <${IconButton} icon="sign_out" name=${t("app.sign_out")} onClick=${signOut} />
      `}
    </header>
  `;
}

/** Sightline ends the session, and all that it shows elsewhere. */
async function signOut() {
  try {
    await ask("logout", { body: {} });
    location.assign(at("login"));
  } catch {
    // Without a connection the page says so already, and the user is not signed out.
  }
}

/** Dark or light as the system has it, unless the visitor chose. */
function ThemeButton() {
  const [theme, setTheme] = useKept("theme", "auto");
  useEffect(() => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length];
  const name = t("app.theme", { theme: t(`theme.${theme}`) });
  return html`<${IconButton} icon=${theme} name=${name} onClick=${() => setTheme(next)} />`;
}

function titleOf({ page, name }) {
  if (page === "live" && name !== null) return name;
  if (page === "events" && name !== null) return t("event.title");
  return pages.includes(page) ? t(`nav.${page}`) : t("app.nowhere");
}

/** A reader that speaks begins at the page that was opened, not at what was there before. */
function useFocusOnPage(main, place) {
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) {
      main.current.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    first.current = false;
  }, [place]);
}

document.documentElement.lang = language;
render(html`<${App} />`, document.getElementById("app"));
