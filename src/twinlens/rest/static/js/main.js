/** The page: puts its parts together. What is asked for lies in the address, so that it can be shared. */

import { byId } from "./dom.js";
import { Box } from "./box.js";
import { FilterBar } from "./filters.js";
import { Grid } from "./grid.js";
import { LibraryMap } from "./map.js";
import { LibraryPanel } from "./library.js";
import { Search } from "./search.js";
import { addSelectionBar, Selection } from "./selection.js";
import { Viewer } from "./viewer.js";
import { countOf } from "./facts.js";
import { copyPath, mark, saveList, saveZip } from "./marks.js";
import { guardWithKey, mayAsk } from "./session.js";
import { isNothing, showEmpty, showNothing, statusOf, titles } from "./outcome.js";
import { isOnlyMinus } from "./request.js";
import { isSilent } from "./server.js";
import { asks, filterCount, fromHash, inWords, isSame, MOST_PICTURES, NO_FILTERS, NOTHING, toHash } from "./query.js";
import { notice, watchConnection } from "./notices.js";
import { remember } from "./recent.js";
import { showStart } from "./start.js";
import { shrink } from "./shrink.js";
import { takePictures } from "./drop.js";

const REMEMBERED_AFTER_MS = 1500;

const box = new Box();
const filters = new FilterBar();
const search = new Search();
const selection = new Selection();
const grid = new Grid(byId("grid"), selection);
const library = new LibraryPanel();
const map = new LibraryMap();
const viewer = new Viewer((id, step) => {
  const here = grid.photos.findIndex((photo) => photo.image_id === id);
  return here < 0 ? null : grid.photos[here + step]?.image_id || null;
});
let query = NOTHING;
let rememberTimer = 0;

// --- what is asked for -----------------------------------------------------------------------

/** Asks something else. `push` makes it a place to come back to; typing only replaces the place. */
function setQuery(next, { push = false, isTyping = false, keepAddress = false } = {}) {
  const isOther = !isSame(next, query);
  query = next;
  box.show(query);
  filters.show(query);
  if (!keepAddress) writeAddress({ push: push && isOther });
  if (isOnlyMinus(query)) {
    search.stop();
    return sayStatus("Add something to look for: − only takes away.");
  }
  return isTyping ? search.type(query) : search.start(query);
}

function writeAddress({ push = false, photo = null } = {}) {
  const parts = [toHash(query), photo && `photo=${encodeURIComponent(photo)}`].filter(Boolean).join("&");
  const address = `${location.pathname}${parts ? `#${parts}` : ""}`;
  const isOurs = Boolean(history.state?.isOurs) || push;
  if (push) history.pushState({ isOurs }, "", address);
  else history.replaceState({ isOurs }, "", address);
}

function readAddress() {
  const photo = new URLSearchParams(location.hash.slice(1)).get("photo");
  const asked = fromHash(location.hash);
  if (search.results === null || !isSame(asked, query)) setQuery(asked, { keepAddress: true });
  if (photo && photo !== viewer.id) openPhoto(photo);
  if (!photo) viewer.close();
}

box.addEventListener("change", ({ detail }) => setQuery({ ...query, words: detail.words.trim(), terms: detail.terms }, { push: !detail.isTyping, isTyping: detail.isTyping }));
box.addEventListener("leave", () => grid.focus(0));
filters.addEventListener("change", ({ detail }) => setQuery({ ...query, ...detail }, { push: true }));
window.addEventListener("popstate", readAddress);

async function usePictures(files) {
  const pictures = await Promise.all(files.filter((file) => file.type === "" || file.type.startsWith("image/")).map(named));
  if (!pictures.length) return notice("That is no picture.");
  if (!box.addPictures(pictures)) notice(`At most ${MOST_PICTURES} pictures go into one search.`);
  return window.scrollTo({ top: 0 });
}

async function named(file) {
  const small = await shrink(file);
  return small === file ? file : new File([small], file.name, { type: small.type });
}

function like(ids) {
  if (ids.length > MOST_PICTURES) notice(`The first ${MOST_PICTURES} of them are used.`);
  const terms = ids.slice(0, MOST_PICTURES).map((id) => ({ kind: "photo", value: id, sign: 1 }));
  selection.clear();
  closeViewer();
  window.scrollTo({ top: 0 });
  setQuery({ ...query, words: "", terms, sort: "relevance" }, { push: true });
}

function addPhoto(id, sign) {
  closeViewer();
  if (!box.add([{ kind: "photo", value: id, sign }])) notice(`At most ${MOST_PICTURES} pictures go into one search.`);
}

// --- what was found --------------------------------------------------------------------------

search.addEventListener("results", () => showResults());
search.addEventListener("more", () => {
  grid.grow(search.results);
  sayStatus(statusOf(search.results));
});
search.addEventListener("slow", ({ detail }) => byId("box").classList.toggle("is-slow", detail));
search.addEventListener("failed", ({ detail }) => {
  if (isSilent(detail)) return;
  if (detail.code === "nothing_indexed") showNone({ query, photos: [], total: 0 });
  else sayStatus(detail.hint ? `${detail.message} (${detail.hint})` : detail.message);
});
grid.addEventListener("end", () => search.more());

function showResults({ isAll = false } = {}) {
  const { results } = search;
  const nothing = !isAll && isNothing(results);
  if (nothing || !results.photos.length) return showNone(results);
  byId("nothing").hidden = true;
  byId("start").hidden = asks(results.query) || filterCount(results.query) > 0 || Boolean(results.title);
  if (!byId("start").hidden) refreshStart();
  byId("grid").hidden = false;
  if (window.scrollY > grid.top()) window.scrollTo({ top: 0 });
  grid.show(results, titles(results));
  sayStatus(statusOf(results));
  rememberSoon(results);
  return undefined;
}

function showNone(results) {
  const actions = {
    open: (index) => openPhoto(results.photos[index].image_id),
    showAll: () => showResults({ isAll: true }),
    noFilters: () => setQuery({ ...query, filters: NO_FILTERS }, { push: true }),
  };
  byId("start").hidden = true;
  byId("grid").hidden = true;
  byId("nothing").hidden = false;
  grid.show({ ...results, isComplete: true }, () => null);
  sayStatus(results.photos.length ? `Nothing here matches “${inWords(results.query)}”` : statusOf(results));
  if (results.photos.length) showNothing(results, actions);
  else showEmpty(results, actions);
}

function rememberSoon(results) {
  clearTimeout(rememberTimer);
  const hash = toHash(results.query);
  if (!hash || !results.query.words.trim() || results.title) return;
  rememberTimer = setTimeout(() => remember(hash, inWords(results.query)), REMEMBERED_AFTER_MS);
}

function refreshStart() {
  showStart((words) => setQuery({ ...query, words, terms: [] }, { push: true }), (hash) => setQuery(fromHash(hash), { push: true }));
}

function sayStatus(text) {
  byId("status").textContent = text;
}

// --- one photo -------------------------------------------------------------------------------

function photoOf(id) {
  return grid.photos.find((photo) => photo.image_id === id) || null;
}

function openPhoto(id) {
  if (!viewer.isOpen && new URLSearchParams(location.hash.slice(1)).get("photo") !== id) writeAddress({ push: true, photo: id });
  return viewer.open(id, photoOf(id));
}

function closeViewer() {
  viewer.close();
}

viewer.addEventListener("go", ({ detail }) => viewer.open(detail, photoOf(detail)));
viewer.addEventListener("show", ({ detail }) => writeAddress({ photo: detail }));
viewer.addEventListener("close", ({ detail }) => {
  if (location.hash.includes("photo=")) writeAddress();
  const index = grid.photos.findIndex((photo) => photo.image_id === detail);
  if (index >= 0) grid.focus(index);
});
viewer.addEventListener("heart", ({ detail }) => toggleFavourite(detail));
viewer.addEventListener("like", ({ detail }) => like([detail]));
viewer.addEventListener("plus", ({ detail }) => addPhoto(detail, 1));
viewer.addEventListener("minus", ({ detail }) => addPhoto(detail, -1));
viewer.addEventListener("copy", ({ detail }) => copyPath(detail));

async function toggleFavourite(id) {
  const isFavourite = byId("viewer-heart").getAttribute("aria-pressed") === "true";
  const photo = photoOf(id);
  const wanted = viewer.isOpen ? !isFavourite : !photo.is_favourite;
  if (!(await mark([id], wanted))) return;
  if (photo) photo.is_favourite = wanted;
  if (viewer.id === id) viewer.showFavourite(wanted);
  grid.refreshMark(id);
}

// --- many photos -----------------------------------------------------------------------------

grid.addEventListener("open", ({ detail }) => {
  if (selection.size) selection.pick(grid.photos, detail.index, detail);
  else openPhoto(grid.photos[detail.index].image_id);
});
grid.addEventListener("pick", ({ detail }) => selection.pick(grid.photos, detail.index, detail));
grid.addEventListener("heart", ({ detail }) => toggleFavourite(grid.photos[detail.index].image_id));
addSelectionBar(byId("selection"), selection, {
  similar: like,
  zip: saveZip,
  list: saveList,
  favourite: async (ids) => {
    if (!(await mark(ids, true))) return;
    for (const id of ids) {
      const photo = photoOf(id);
      if (photo) photo.is_favourite = true;
      grid.refreshMark(id);
    }
    notice(`${countOf(ids.length)} marked as favourite${ids.length === 1 ? "" : "s"}.`);
    selection.clear();
  },
});

// --- panels ----------------------------------------------------------------------------------

map.addEventListener("open", ({ detail }) => openPhoto(detail));
map.addEventListener("caught", ({ detail }) => search.show(detail, `${countOf(detail.length)} from the map`));
library.addEventListener("changed", () => {
  filters.forget();
  search.start(query);
});
byId("map-button").addEventListener("click", () => map.open());
byId("library-button").addEventListener("click", () => library.open());
byId("help-button").addEventListener("click", () => byId("help").showModal());
byId("theme-button").addEventListener("click", () => notice(`Colours: ${{ system: "as the system", light: "light", dark: "dark" }[globalThis.nextTheme()]}`));
byId("home").addEventListener("click", (event) => {
  event.preventDefault();
  setQuery(NOTHING, { push: true });
  window.scrollTo({ top: 0 });
});
for (const dialog of document.querySelectorAll("dialog.panel")) {
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.querySelector(".close")?.addEventListener("click", () => dialog.close());
}
document.addEventListener("keydown", (event) => {
  const isWriting = event.target.closest("input, select, textarea, dialog");
  if (isWriting || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    byId("words").focus();
  } else if (event.key === "?") byId("help").showModal();
  else if (event.key === "Escape" && selection.size) selection.clear();
});

takePictures(usePictures);
watchConnection();
guardWithKey(readAddress);
refreshStart();
byId("filters-button").setAttribute("aria-expanded", "false");
mayAsk().then((may) => may && readAddress(), readAddress);
