/** Entry point of the page: connects its parts. The query is in the address, so that it can be shared. */

import { Address } from "./address.js";
import { Box } from "./box.js";
import { byId } from "./dom.js";
import { countOf, numberOf } from "./facts.js";
import { FilterBar } from "./filters.js";
import { Grid } from "./grid.js";
import { LibraryMap } from "./map.js";
import { LibraryPanel } from "./library.js";
import { copyPath, mark, saveList, saveZip } from "./marks.js";
import { notice, watchConnection } from "./notices.js";
import { MOST_PICTURES, NOTHING } from "./query.js";
import { isOnlyMinus } from "./request.js";
import { ResultsView } from "./results_view.js";
import { Search } from "./search.js";
import { addSelectionBar, Selection } from "./selection.js";
import { ask as askServer, connection, isSilent } from "./server.js";
import { guardWithKey, openSession } from "./session.js";
import { shrink } from "./shrink.js";
import { takePictures } from "./drop.js";
import { Viewer } from "./viewer.js";

const AHEAD = 20; // photos: this close to the last loaded one, the viewer's arrows load more

const address = new Address();
const box = new Box();
const filters = new FilterBar();
const search = new Search();
const selection = new Selection();
const grid = new Grid(byId("grid"), selection);
const results = new ResultsView(grid);
const library = new LibraryPanel();
const map = new LibraryMap();
const viewer = new Viewer((id, step) => {
  const here = indexOf(id);
  return here < 0 ? null : grid.photos[here + step]?.image_id || null;
});
let query = NOTHING;

// --- queries ---------------------------------------------------------------------------------

/** Starts another query; while it is being typed it is a single history entry. */
function ask(next, { isTyping = false } = {}) {
  show(next);
  address.write(query, { isTyping });
  run({ isTyping });
}

function show(next) {
  query = next;
  box.show(query);
  filters.show(query);
}

function run({ isTyping = false } = {}) {
  if (isOnlyMinus(query)) {
    search.stop();
    results.say("Add something to search for: − only subtracts.");
  } else if (isTyping) search.type(query);
  else search.start(query);
}

/** Restores a history entry. */
function goTo(place) {
  show(place.query);
  if (!place.results) return run();
  search.show(place.results);
  return window.scrollTo({ top: place.scrollY });
}

function begin() {
  filters.draw();
  goTo(address.place);
  if (address.photo) openPhoto(address.photo);
}

address.addEventListener("go", ({ detail }) => {
  if (detail.isElsewhere) goTo(detail.place);
  if (detail.photo && detail.photo !== viewer.id) openPhoto(detail.photo);
  if (!detail.photo) viewer.close();
});
box.addEventListener("change", ({ detail }) => ask({ ...query, words: detail.words.trim(), terms: detail.terms }, { isTyping: detail.isTyping }));
box.addEventListener("leave", () => grid.focus(0));
box.addEventListener("pictures", ({ detail }) => usePictures(detail));
filters.addEventListener("change", ({ detail: { isTyping, ...chosen } }) => ask({ ...query, ...chosen }, { isTyping }));
results.addEventListener("ask", ({ detail }) => ask(detail));

async function usePictures(files) {
  const pictures = await Promise.all(files.filter((file) => file.type === "" || file.type.startsWith("image/")).map(named));
  if (!pictures.length) return notice("That is not a picture.");
  if (!box.addPictures(pictures)) notice(`At most ${MOST_PICTURES} pictures can be in one search.`);
  return showSearch();
}

async function named(file) {
  const small = await shrink(file);
  return small === file ? file : new File([small], file.name, { type: small.type });
}

function like(ids) {
  if (ids.length > MOST_PICTURES) notice(`Only the first ${MOST_PICTURES} are used.`);
  const terms = ids.slice(0, MOST_PICTURES).map((id) => ({ kind: "photo", value: id, sign: 1 }));
  selection.clear();
  ask({ ...query, words: "", terms, sort: "relevance" });
  showSearch();
}

function addPhoto(id, sign) {
  if (!box.add([{ kind: "photo", value: id, sign }])) notice(`At most ${MOST_PICTURES} pictures can be in one search.`);
  showSearch();
}

/** Closes everything that covers the results. */
function showSearch() {
  for (const dialog of document.querySelectorAll("dialog[open]:not(#sign-in)")) dialog.close();
  window.scrollTo({ top: 0 });
}

// --- results ---------------------------------------------------------------------------------

search.addEventListener("results", () => {
  address.keep(search.results);
  results.show(search.results);
});
search.addEventListener("more", () => {
  results.grow(search.results);
  viewer.refreshSteps();
});
search.addEventListener("slow", ({ detail }) => byId("box").classList.toggle("is-slow", detail));
search.addEventListener("failed", ({ detail }) => {
  if (isSilent(detail)) return;
  if (detail.code === "nothing_indexed") results.showNone({ query, photos: [], total: 0 });
  else results.say(detail.hint ? `${detail.message} (${detail.hint})` : detail.message);
});
grid.addEventListener("end", () => search.more());
results.addEventListener("stayed", () => address.settle());

// --- one photo -------------------------------------------------------------------------------

function indexOf(id) {
  return grid.photos.findIndex((photo) => photo.image_id === id);
}

function photoOf(id) {
  return grid.photos[indexOf(id)] || null;
}

function openPhoto(id) {
  return viewer.open(id, photoOf(id));
}

viewer.addEventListener("go", ({ detail }) => openPhoto(detail));
viewer.addEventListener("show", ({ detail }) => {
  address.openPhoto(detail);
  if (indexOf(detail) >= grid.photos.length - AHEAD) search.more();
});
viewer.addEventListener("close", ({ detail }) => {
  address.closePhoto();
  if (indexOf(detail) >= 0) grid.focus(indexOf(detail));
});
viewer.addEventListener("heart", ({ detail }) => toggleFavourite(detail));
viewer.addEventListener("like", ({ detail }) => like([detail]));
viewer.addEventListener("plus", ({ detail }) => addPhoto(detail, 1));
viewer.addEventListener("minus", ({ detail }) => addPhoto(detail, -1));
viewer.addEventListener("copy", ({ detail }) => copyPath(detail));
connection.addEventListener("back", () => viewer.isOpen && viewer.again());

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
grid.addEventListener("alike", ({ detail }) => showAlike(grid.photos[detail.index]));
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

/** Shows a photo and its near copies as results of their own; "back" returns to the search. */
async function showAlike(photo) {
  const found = await Promise.allSettled(photo.alike.map((id) => askServer(`api/photo/${encodeURIComponent(id)}`)));
  const copies = found.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
  const left = photo.num_alike - copies.length;
  const photos = [{ ...photo, num_alike: 0 }, ...copies];
  address.write(query, { isNew: true });
  search.show({
    query, photos, total: photos.length, matches: null, isComplete: true, tookMs: null, queryRead: null, absentFolders: [],
    title: `${countOf(photos.length)} of one picture${left > 0 ? `, ${numberOf(left)} more are not shown` : ""}`,
  });
  grid.focus(0);
}

// --- panels ----------------------------------------------------------------------------------

map.addEventListener("open", ({ detail }) => openPhoto(detail));
map.addEventListener("caught", ({ detail: photos }) => {
  show(NOTHING);
  address.write(query, { isNew: true });
  search.show({
    query, photos, total: photos.length, matches: null, isComplete: true, tookMs: null, queryRead: null, absentFolders: [],
    title: `${countOf(photos.length)} from the map`,
  });
});
library.addEventListener("changed", () => {
  filters.forget();
  address.forget();
  run();
});
byId("map-button").addEventListener("click", () => map.open());
byId("library-button").addEventListener("click", () => library.open());
byId("help-button").addEventListener("click", () => byId("help").showModal());
byId("theme-button").addEventListener("click", () => notice(`Colours: ${{ system: "same as system", light: "light", dark: "dark" }[globalThis.nextTheme()]}`));
byId("home").addEventListener("click", (event) => {
  event.preventDefault();
  ask(NOTHING);
  window.scrollTo({ top: 0 });
});
for (const dialog of document.querySelectorAll("dialog.panel:not(#sign-in)")) {
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
guardWithKey(() => {
  if (!search.query) return begin();
  filters.draw();
  return search.start(search.query);
});
byId("filters-button").setAttribute("aria-expanded", "false");
openSession().then(({ mayAsk, most }) => {
  search.most = most;
  if (mayAsk) begin();
}, begin);
