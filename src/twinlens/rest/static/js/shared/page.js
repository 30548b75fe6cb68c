/** Entry point of the page that a share's link opens. The key is behind "#", which browsers send to no server. */

import { byId, element } from "../dom.js";
import { dayOf } from "../facts.js";
import { t } from "../texts.js";
import { isAwayError } from "../server.js";
import { PhotoViewer } from "./photo_viewer.js";
import { PhotoWall } from "./photo_wall.js";
import { openShare, photosOf, whyNothing } from "./share.js";

const AGAIN_MS = 3000;
const AHEAD = 20; // photos: this close to the last loaded one, the viewer loads more

async function begin() {
  try {
    const share = await openShare(location.hash.slice(1) || "none");
    show(share, await photosOf(share, 0));
  } catch (error) {
    if (!error.code) throw error;
    refuse(error);
    if (isAwayError(error)) setTimeout(begin, AGAIN_MS);
  }
}

function show(share, photos) {
  byId("no-share").hidden = true;
  byId("shown").hidden = false;
  document.title = share.heading || t("Shared photos");
  byId("heading").textContent = document.title;
  byId("line").textContent = lineOf(share);
  const wall = new PhotoWall(byId("wall"), share);
  const viewer = new PhotoViewer(share, wall);
  let isLoading = false;
  const more = async () => {
    if (isLoading || wall.isWhole) return;
    isLoading = true;
    try {
      const next = await photosOf(share, wall.loaded.length);
      if (!next.length) share.num_photos = wall.loaded.length; // some are gone meanwhile
      wall.add(next);
    } catch (error) {
      if (!error.code) throw error;
      if (!isAwayError(error)) refuse(error);
    } finally {
      isLoading = false;
    }
  };
  wall.addEventListener("end", more);
  wall.addEventListener("open", ({ detail }) => viewer.open(detail, byId("wall").children[detail].querySelector("img").src));
  viewer.addEventListener("shown", ({ detail }) => detail >= wall.photos.length - AHEAD && more());
  viewer.addEventListener("close", ({ detail }) => wall.focus(detail));
  wall.add(photos);
  const unfold = byId("unfold");
  unfold.hidden = share.num_entries === share.num_photos;
  unfold.textContent = t("Show near copies one by one");
  unfold.addEventListener("click", () => {
    wall.unfold(!wall.isUnfolded);
    unfold.setAttribute("aria-pressed", String(wall.isUnfolded));
  });
}

function lineOf({ num_photos: count, expires_at: until }) {
  if (!count) return t("No photos are here now.");
  const photos = count === 1 ? t("1 photo") : t("{count} photos", { count });
  return until ? t("{photos} · can be seen until {day}", { photos, day: dayOf(until) }) : photos;
}

function refuse(error) {
  const [heading, rest] = whyNothing(error);
  document.title = heading;
  byId("viewer").close();
  byId("shown").hidden = true;
  byId("no-share").hidden = false;
  byId("no-share").replaceChildren(element("h1", { text: heading }), element("p", { text: rest }));
}

window.addEventListener("hashchange", () => location.reload());
begin();
