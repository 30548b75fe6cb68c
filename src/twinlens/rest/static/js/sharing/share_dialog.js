/** The dialog that makes a link to photos, a search or an album, and lists all links. */

import { byId, element } from "../dom.js";
import { tried } from "../marks.js";
import { notice } from "../notices.js";
import { may, whyNot } from "../permissions.js";
import { t } from "../texts.js";
import { linkList } from "./link_list.js";
import { allLinks, makeLink, revokeLink } from "./share_calls.js";

const USUAL_DAYS = 30;
const LONGEST = 100;

export class ShareDialog {
  constructor() {
    this.dialog = byId("share");
    this.body = byId("share-body");
    this.maker = element("div");
    this.links = element("div");
    this.title = element("h3", { text: t("All links") });
    this.body.append(this.maker, this.title, this.links);
  }

  /** @param {?{fields: object, words: string}} what to share; null only lists the links */
  async open(what) {
    if (!may("curate")) {
      notice(whyNot("curate", t("share photos")));
      return;
    }
    byId("share-title").textContent = what ? t("Share") : t("Shared links");
    this.title.hidden = !what; // without, the panel's own title says it
    this.maker.replaceChildren(...(what ? [this.form(what)] : []));
    this.links.replaceChildren();
    this.dialog.showModal();
    await this.list();
  }

  form({ fields, words }) {
    const heading = element("input", { type: "text", maxlength: LONGEST, dir: "auto", placeholder: t("Shown above the photos") });
    const days = element("select", {}, ...choices().map(([value, text]) => element("option", { value, text, selected: value === String(USUAL_DAYS) })));
    const originals = element("input", { type: "checkbox" });
    const made = element(
      "form",
      { class: "share-form" },
      element("p", { text: words, dir: "auto" }),
      element("label", {}, t("Heading"), heading),
      element("label", {}, t("The link expires after"), days),
      element("label", { class: "tick" }, originals, t("Allow to download the files, with all that the camera wrote into them, such as the place")),
      element("button", { type: "submit", class: "main-button", text: t("Make the link") }),
    );
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      const asked = { ...fields, heading: heading.value, expires_days: days.value ? Number(days.value) : null, originals: originals.checked };
      tried(async () => this.show(await makeLink(asked)));
    });
    return made;
  }

  /** Shows a link, which nobody can show again. */
  async show({ link, reach }) {
    const field = element("input", { type: "text", readonly: true, value: link, id: "share-link", "aria-label": t("Link") });
    field.addEventListener("focus", () => field.select());
    const copy = element("button", { type: "button", class: "main-button", text: t("Copy the link"), on: { click: () => copied(link, field) } });
    const send = navigator.share && element("button", { type: "button", class: "plain", text: t("Send the link"), on: { click: () => sent(link) } });
    const warning = REACH[reach]?.();
    this.maker.replaceChildren(
      element("div", { class: "share-made" }, field, copy, send),
      element("p", { class: "quiet", text: t("Whoever has the link sees these photos, and nothing else. It is shown only now: keep it.") }),
      ...(warning ? [element("p", { class: "share-warning", role: "alert", text: warning })] : []),
    );
    field.focus();
    await this.list();
  }

  async list() {
    await tried(async () => this.links.replaceChildren(linkList(await allLinks(), (number) => this.revoke(number))));
  }

  async revoke(number) {
    if (!(await tried(() => revokeLink(number)))) return;
    notice(t("The link shows nothing any more."));
    await this.list();
    byId("share-close").focus(); // the pressed button is gone
  }
}

const REACH = {
  this_machine: () => t("No other machine can connect to this server, so the link works only on this machine."),
  everyone: () => t("This server asks for no key: whoever has the link can open the whole library, too."),
};

function choices() {
  return [
    ["1", t("1 day")],
    ["7", t("7 days")],
    ["30", t("30 days")],
    ["365", t("1 year")],
    ["", t("never")],
  ];
}

/** By an app of the device; who closes its list has changed their mind. */
async function sent(link) {
  try {
    await navigator.share({ url: link });
  } catch (error) {
    if (error.name !== "AbortError") notice(t("This device cannot send the link. Copy it."));
  }
}

async function copied(link, field) {
  try {
    await navigator.clipboard.writeText(link);
    notice(t("Copied."));
  } catch {
    field.select(); // browsers allow the clipboard only on https and localhost
    notice(t("Press Ctrl+C to copy the link."));
  }
}
