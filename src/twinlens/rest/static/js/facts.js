/** Formatting of a photo's metadata. */

import { locale, t } from "./texts.js";


const DAY = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const MONTH = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" });
const DAY_OF_YEAR = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", timeZone: "UTC" });
const DAY_AND_TIME = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });
const MOMENT = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short", timeZone: "UTC" });
const NUMBER = new Intl.NumberFormat(locale);
const DEGREES = new Intl.NumberFormat(locale, { minimumFractionDigits: 4, maximumFractionDigits: 4 });

export const NO_DATE = t("No date");

/** The file's name without its folders. @param {string} id */
export function nameOf(id) {
  return id.slice(id.lastIndexOf("/") + 1);
}

/** A time in a video as players show it: "1:23". @param {number} seconds */
export function clockOf(seconds) {
  const [hours, minutes, rest] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** The folders of a file; empty at the top. @param {string} id */
export function folderOf(id) {
  return id.slice(0, Math.max(0, id.lastIndexOf("/")));
}

/** The camera's local time, independent of the reader's time zone. */
function clock(takenAt) {
  const moment = new Date(`${takenAt.slice(0, 19)}Z`);
  return Number.isNaN(moment.getTime()) ? null : moment;
}

/** "12 June 2023". @param {string} takenAt */
export function dayOf(takenAt) {
  const moment = clock(takenAt);
  return moment ? DAY.format(moment) : takenAt;
}

/** "12 June". @param {string} day month and day, as 06-12 */
export function dayOfYear(day) {
  const moment = clock(`2024-${day}T00:00:00`); // a leap year
  return moment ? DAY_OF_YEAR.format(moment) : day;
}

/** "June 2023", or "No date". @param {?string} takenAt */
export function monthOf(takenAt) {
  const moment = takenAt ? clock(takenAt) : null;
  return moment ? MONTH.format(moment) : NO_DATE;
}

/** Where months are written with the year last: what of "June 2023" is " 2023", and of "junio de 2023" " de 2023"; else null. */
export const YEAR_AT_END = yearAtEnd();

function yearAtEnd() {
  const [last, between] = MONTH.formatToParts(0).reverse();
  return last.type === "year" && between?.type === "literal" ? new RegExp(`${between.value}\\d{4}$`) : null;
}

/** "2023", or "No date". @param {?string} takenAt */
export function yearOf(takenAt) {
  return takenAt ? takenAt.slice(0, 4) : NO_DATE;
}

/** With weekday and time. @param {string} takenAt */
export function momentOf(takenAt) {
  const moment = clock(takenAt);
  return moment ? MOMENT.format(moment) : takenAt;
}

const SOURCES = {
  xmp: (when) => t("{when} (from its XMP data)", { when }),
  iptc: (when) => t("{when} (from its IPTC data)", { when }),
  gps: (when) => t("{when} (by satellite, UTC)", { when }),
  takeout: (when) => t("{when} (from Google Photos, UTC)", { when }),
  name: (when) => t("{when} (from its name)", { when }),
  file: (when) => t("{when} (it may be that of a copy)", { when }),
};

/** Whether nobody knows at what time of the day it was. */
function isDayOnly({ taken_at: takenAt, date_source: source }) {
  return Boolean(source) && source !== "exif" && source !== "file" && takenAt.endsWith("T00:00:00");
}

/** "12 June 2023 at 14:32"; the day alone where the time is not known, or that of a file. @param {{taken_at: string, date_source?: ?string}} photo */
export function momentOfPhoto(photo) {
  const moment = clock(photo.taken_at);
  if (!moment || isDayOnly(photo) || photo.date_source === "file") return dayOf(photo.taken_at);
  return DAY_AND_TIME.format(moment);
}

/** The moment, and what told it; the time is left out where only the day is known. @param {object} facts of a photo */
export function takenOf({ taken_at: takenAt, date_source: source }) {
  const when = isDayOnly({ taken_at: takenAt, date_source: source }) ? dayOf(takenAt) : momentOf(takenAt);
  return SOURCES[source] ? SOURCES[source](when) : when;
}

/** "1,234". @param {number} count */
export function numberOf(count) {
  return NUMBER.format(count);
}

/** "1 photo", "1,234 photos". @param {number} count */
export function countOf(count) {
  return t("{count} photo|{count} photos", { count });
}

/** "2.4 MB". @param {number} bytes */
export function sizeOf(bytes) {
  const size = (unit) => Number((bytes / unit).toPrecision(3));
  if (bytes < 1e3) return t("{count} byte|{count} bytes", { count: bytes });
  if (bytes < 1e6) return t("{size} KB", { size: size(1e3) });
  return bytes < 1e9 ? t("{size} MB", { size: size(1e6) }) : t("{size} GB", { size: size(1e9) });
}

/** The town and the country of a place, as "Rome, Italy". @param {string} place its parts from the country on, "|" between them; a quarter may follow the town */
export function townOf(place) {
  const [country, ...inside] = place.split("|");
  const town = inside[1] ?? inside[0];
  return town ? t("{town}, {country}", { town, country }) : country;
}

/** "38.71° N, 9.14° W". @param {number} latitude @param {number} longitude */
export function placeOf(latitude, longitude) {
  const [north, east] = [latitude, longitude].map((angle) => DEGREES.format(Math.abs(angle)));
  const parallel = latitude < 0 ? t("{degrees}° S", { degrees: north }) : t("{degrees}° N", { degrees: north });
  const meridian = longitude < 0 ? t("{degrees}° W", { degrees: east }) : t("{degrees}° E", { degrees: east });
  return `${parallel}, ${meridian}`;
}
