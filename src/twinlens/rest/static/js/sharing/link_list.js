/** The links that were made: what each shows, until when, how often it was opened; and a button that takes it back. */

import { element } from "../dom.js";
import { dayOf } from "../facts.js";
import { t } from "../texts.js";

/** @param {import("./share_calls.js").Share[]} links @param {(number: number) => void} revoke */
export function linkList(links, revoke) {
  if (!links.length) return element("p", { class: "quiet", text: t("No links yet.") });
  return element("ul", { class: "links" }, ...links.map((link) => row(link, revoke)));
}

function row(link, revoke) {
  const what = [link.heading, link.heading && link.kind === "album" ? null : shown(link)].filter(Boolean).join(" · ");
  const facts = [made(link), ending(link), opened(link), link.originals && t("with the files")].filter(Boolean).join(" · ");
  const button = element("button", { type: "button", class: "plain", text: t("Take back"), on: { click: () => revoke(link.number) } });
  button.setAttribute("aria-label", t("Take back: {what}", { what }));
  return element(
    "li",
    { class: link.has_ended ? "has-ended" : null },
    element("span", {}, element("strong", { text: what, dir: "auto" }), element("span", { class: "quiet", text: facts })),
    !link.has_ended && button,
  );
}

function shown({ kind, photos, query, album }) {
  if (kind === "photos") return photos === 1 ? t("1 photo") : t("{count} photos", { count: photos });
  if (kind === "album") return album === null ? t("An album that is deleted") : t("Album “{name}”", { name: album });
  return query ? t("Search “{text}”", { text: query }) : t("Photos that pass filters");
}

function made({ made_at: at }) {
  return t("made {day}", { day: dayOf(at) });
}

function ending({ revoked_at: revoked, expires_at: until, has_ended: isOver }) {
  if (revoked) return t("taken back {day}", { day: dayOf(revoked) });
  if (!until) return t("never expires");
  return isOver ? t("expired {day}", { day: dayOf(until) }) : t("until {day}", { day: dayOf(until) });
}

function opened({ opened: count }) {
  if (!count) return t("not opened yet");
  return count === 1 ? t("opened once") : t("opened {count} times", { count });
}
