/* Figures and times in words, as the visitor's language has them. */

import { timeFormat } from "../live/time_format.js";
import { serverNowMs } from "./api.js";
import { locale, t } from "./texts.js";

const time = timeFormat(locale);
const day = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short" });
const dayAndTime = timeFormat(locale, { timeStyle: "medium", dateStyle: "medium" });
const number = new Intl.NumberFormat(locale);

/** 14:03:07 */
export function inTime(at) {
  return time.format(new Date(at));
}

/** The time alone for today, otherwise with its day. */
export function inMoment(at) {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date(serverNowMs()).toDateString();
  return isToday ? time.format(date) : `${day.format(date)}, ${time.format(date)}`;
}

/** Day and time in full. */
export function inFull(at) {
  return dayAndTime.format(new Date(at));
}

/** A whole number, with its thousands apart. */
export function inNumber(value) {
  return number.format(value);
}

/** One digit behind the point. */
export function inTenths(value) {
  return Number.isFinite(value)
    ? value.toLocaleString(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
    : "–";
}

/** A short span: 12 ms, 3.4 s; a dash where there is no figure. */
export function inAge(ms) {
  if (!Number.isFinite(ms) || ms < 0) return "–";
  if (ms === 0) return "0 ms";
  if (ms < 9.95) return `${inTenths(ms)} ms`;
  return ms < 9999.5 ? `${inNumber(Math.round(ms))} ms` : inSpan(ms);
}

/** A longer span: 48 s, 3 min 20 s, 2 h 5 min, 3 d. */
export function inSpan(ms) {
  const s = Math.round(ms / 1000);
  if (s < 60) return `${inNumber(ms < 9950 ? Math.round(ms / 100) / 10 : s)} s`;
  if (s < 3600) return s % 60 === 0 ? `${s / 60} min` : `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
  return t("days", { count: Math.floor(s / 86_400) });
}

/** The name of a type, such as `zone_entered`, as one reads it. */
export function inWords(type) {
  const known = t(`type.${type}`);
  if (known !== `type.${type}`) return known;
  const words = type.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The value of a `datetime-local` field, in the visitor's own time. */
export function toField(ms) {
  const date = new Date(ms);
  return new Date(ms - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
