/** Entry point of the page: connects its parts. The query is in the address, so that it can be shared. */

import { Address } from "./address.js";
import { toldOf } from "./advice.js";
import { Box } from "./box.js";
import { asWords } from "./browsing/as_words.js";
import { BrowsePanel } from "./browsing/browse_panel.js";
import { showChosen } from "./browsing/chosen.js";
import { Timeline } from "./browsing/timeline.js";
import { AlbumsView } from "./curating/albums_view.js";
import { given, rate, ratedInWords } from "./curating/given.js";
import { forgetNames } from "./curating/known_names.js";
import { Organise } from "./curating/organise.js";
import { PhotoGiven } from "./curating/photo_given.js";
import { keepCaught, readCaught } from "./caught.js";
import { byId } from "./dom.js";
import { Compare } from "./compare.js";
import { DuplicatesView } from "./duplicates.js";
import { countOf } from "./facts.js";
import { FilterBar } from "./filters.js";
import { Grid } from "./grid.js";
import { useWorker } from "./installed.js";
import { LibraryMap } from "./map.js";
import { PlacesMap } from "./places/places_map.js";
import { LibraryPanel } from "./library.js";
import { LibraryWatch } from "./library_watch.js";
import { copyPath, mark, saveList, saveZip } from "./marks.js";
import { notice, watchConnection } from "./notices.js";
import { fromHash, MOST_PICTURES, NOTHING } from "./query.js";
import { isOnlyMinus, wordsAlone } from "./request.js";
import { RegionPicker } from "./region_picker.js";
import { Rest } from "./rest.js";
import { ResultsView } from "./results_view.js";
import { Search } from "./search.js";
import { addSelectionBar, Selection } from "./selection.js";
import { ask as askServer, connection, isSilent } from "./server.js";
import { guardWithKey, openSession } from "./session.js";
import { ShareDialog } from "./sharing/share_dialog.js";
import { searchToShare } from "./sharing/what.js";
import { shrink } from "./shrink.js";
import { Slideshow } from "./slideshow.js";
import { forgetExamples } from "./suggested.js";
import { t } from "./texts.js";
import { takePictures } from "./drop.js";
import { TeachingView } from "./teaching/teaching_view.js";
import { Thumbs } from "./thumbs.js";
import { Viewer } from "./viewer.js";

const MOST_SELECTED = 10_000; // as one call takes
const COLOURS = { system: t("Colours: same as system"), light: t("Colours: light"), dark: t("Colours: dark") };
const AHEAD = 20; // photos: this close to the last loaded one, the viewer's arrows load more

const address = new Address();
const box = new Box();
const filters = new FilterBar();
const search = new Search();
const selection = new Selection();
const grid = new Grid(byId("grid"), selection);
const results = new ResultsView(grid);
const library = new LibraryPanel();
const map = new LibraryMap(() => query);
const places = new PlacesMap(() => query);
const duplicates = new DuplicatesView();
const teaching = new TeachingView();
const watch = new LibraryWatch();
const viewer = new Viewer({
  neighbour: (id, step) => (indexOf(id) < 0 ? null : grid.photos[indexOf(id) + step] || null),
  small: (id) => grid.pictureOf(indexOf(id)),
  words: () => wordsAlone(query),
  found: (id) => (photoOf(id)?.rank ? { query, rank: photoOf(id).rank } : null),
});
const regions = new RegionPicker(viewer);
new Slideshow(viewer, () => (grid.isComplete && grid.photos.length ? grid.photos[0].image_id : null));
const thumbs = new Thumbs(viewer, () => wordsAlone(query));
const albums = new AlbumsView({ search: () => asWords(query), most: () => search.most });
const browse = new BrowsePanel();
const organise = new Organise();
const timeline = new Timeline();
const share = new ShareDialog();
const photoGiven = new PhotoGiven(viewer);
const rest = new Rest();
let query = NOTHING;

// --- queries ---------------------------------------------------------------------------------

/** Starts another query; while it is being typed it is a single history entry. */
function ask(next, { isTyping = false } = {}) {
  show({ ...next, caught: undefined }); // another search is of the whole library
  address.write(query, { isTyping });
  run({ isTyping });
}

function show(next) {
  query = next;
  box.show(query);
  filters.show(query);
  browse.show(query);
  showChosen(query, (chosen) => ask({ ...query, filters: chosen }));
}

function run({ isTyping = false } = {}) {
  rest.begin(isTyping);
  if (isOnlyMinus(query)) {
    search.stop();
    results.say(t("Add something to search for: − only subtracts."));
  } else if (isTyping) search.type(query);
  else search.start(query);
}

/** Restores a history entry. */
function goTo(place) {
  show(place.query);
  const caught = place.query.caught && !place.results ? readCaught(place.query.caught) : null;
  if (caught) return give(caughtResults(caught));
  if (!place.results) return run();
  give(place.results);
  return window.scrollTo({ top: place.scrollY });
}

/** Shows results that are known already. @param {import("./search.js").Results} known */
function give(known) {
  rest.begin(false);
  search.show(known);
}

function begin() {
  filters.draw();
  browse.forget();
  watch.look();
  goTo(address.place);
  if (address.photo) openPhoto(address.photo);
}

address.addEventListener("go", ({ detail }) => {
  if (detail.isElsewhere) goTo(detail.place);
  if (detail.photo && detail.photo !== viewer.id) openPhoto(detail.photo);
  if (!detail.photo) viewer.close();
});
box.addEventListener("change", ({ detail }) => ask({ ...query, words: detail.words.trim(), terms: detail.terms }, { isTyping: detail.isTyping }));
box.addEventListener("again", ({ detail }) => ask(fromHash(detail)));
box.addEventListener("leave", () => grid.focus(0));
box.addEventListener("pictures", ({ detail }) => usePictures(detail));
filters.addEventListener("change", ({ detail: { isTyping, ...chosen } }) => ask({ ...query, ...chosen }, { isTyping }));
results.addEventListener("ask", ({ detail }) => ask(detail));

async function usePictures(files) {
  const pictures = await Promise.all(files.filter((file) => file.type === "" || file.type.startsWith("image/")).map(named));
  if (!pictures.length) return notice(t("That is not a picture."));
  if (!box.addPictures(pictures)) notice(t("At most {count} pictures can be in one search.", { count: MOST_PICTURES }));
  return showSearch();
}

async function named(file) {
  const small = await shrink(file);
  return small === file ? file : new File([small], file.name, { type: small.type });
}

function like(ids) {
  if (ids.length > MOST_PICTURES) notice(t("Only the first {count} are used.", { count: MOST_PICTURES }));
  selection.clear();
  searchBy(ids.slice(0, MOST_PICTURES).map((id) => ({ kind: "photo", value: id, sign: 1 })));
}

/** Searches by pictures alone. @param {import("./query.js").Term[]} terms */
function searchBy(terms) {
  ask({ ...query, words: "", terms, sort: "relevance" });
  showSearch();
}

/** @param {import("./query.js").Term} term a picture that is searched by, too */
function addPicture(term) {
  if (!box.add([term])) notice(t("At most {count} pictures can be in one search.", { count: MOST_PICTURES }));
  showSearch();
}

/** All photos that pass a filter. @param {import("./query.js").Filters} wanted */
function findOnly(wanted) {
  showSearch();
  ask({ ...NOTHING, filters: wanted });
}

/** Closes everything that covers the results. */
function showSearch() {
  for (const dialog of document.querySelectorAll("dialog[open]:not(#sign-in)")) dialog.close();
  window.scrollTo({ top: 0 });
}

// --- results ---------------------------------------------------------------------------------

search.addEventListener("results", () => {
  const found = search.results;
  address.keep(found);
  if (rest.isTyping) results.show(found, { isDraft: true });
  rest.then(() => results.show(found));
  if (found.first) grid.scrollTo(0);
  if (!rest.isTyping) timeline.show(found);
});
search.addEventListener("earlier", ({ detail }) => {
  results.growBefore(search.results, detail);
  viewer.refreshSteps();
});
search.addEventListener("more", () => {
  results.grow(search.results);
  viewer.refreshSteps();
});
search.addEventListener("slow", ({ detail }) => byId("box").classList.toggle("is-slow", detail));
search.addEventListener("failed", ({ detail }) => {
  if (isSilent(detail)) return;
  if (detail.code === "nothing_indexed") results.showNone({ query, photos: [], total: 0 });
  else object(detail);
});

/** Tells why a search failed; after a pause where the query is being typed, and cannot be searched as it is. */
function object(failure) {
  const say = () => results.say(toldOf(failure));
  if (failure.status === 422 || failure.status === 404) rest.then(say);
  else say();
}
grid.addEventListener("end", () => search.more());
grid.addEventListener("start", () => search.earlier());
grid.addEventListener("moved", ({ detail }) => timeline.follow(detail));
timeline.addEventListener("jump", ({ detail: number }) => {
  const index = number - grid.first;
  if (index >= 0 && index < grid.layout.placed) grid.scrollTo(index);
  else search.start(query, number);
});
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
  if (indexOf(detail) < AHEAD) search.earlier();
});
viewer.addEventListener("close", ({ detail }) => {
  address.closePhoto();
  if (indexOf(detail) >= 0) grid.focus(indexOf(detail));
  if (thumbs.takeNew()) run();
});
viewer.addEventListener("heart", ({ detail }) => toggleFavourite(detail));
viewer.addEventListener("like", ({ detail }) => like([detail]));
viewer.addEventListener("plus", ({ detail }) => addPicture({ kind: "photo", value: detail, sign: 1 }));
viewer.addEventListener("minus", ({ detail }) => addPicture({ kind: "photo", value: detail, sign: -1 }));
viewer.addEventListener("share", ({ detail }) => sharePhotos([detail]));
viewer.addEventListener("copy", ({ detail }) => copyPath(detail));
regions.addEventListener("chosen", ({ detail: { id, region, isAdded } }) => {
  const term = { kind: "photo", value: id, sign: 1, region };
  if (isAdded) addPicture(term);
  else searchBy([term]);
});
browse.addEventListener("choose", ({ detail }) => ask({ ...query, filters: { ...query.filters, ...detail } }));
browse.addEventListener("only", ({ detail }) => findOnly(detail));
browse.addEventListener("albums", () => albums.open());
albums.addEventListener("open", ({ detail }) => findOnly({ album: detail }));
photoGiven.addEventListener("find", ({ detail }) => findOnly(detail));
given.addEventListener("changed", () => watch.overlook());
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
grid.addEventListener("like", ({ detail }) => addPicture({ kind: "photo", value: grid.photos[detail.index].image_id, sign: 1 }));
grid.addEventListener("rate", async ({ detail: { index, stars } }) => {
  const ids = selection.size ? selection.ids : [grid.photos[index].image_id];
  if (await rate(ids, stars)) notice(ratedInWords(ids.length, stars));
});
grid.addEventListener("alike", ({ detail }) => showAlike(grid.photos[detail.index]));
addSelectionBar(byId("selection"), selection, {
  all: selectAll,
  similar: like,
  zip: saveZip,
  list: saveList,
  organise: (ids) => organise.open(ids, query.filters),
  share: sharePhotos,
  favourite: async (ids) => {
    const wanted = !selection.areFavourites;
    if (!(await mark(ids, wanted))) return;
    for (const id of ids) {
      const photo = photoOf(id);
      if (photo) photo.is_favourite = wanted;
      grid.refreshMark(id);
    }
    const count = ids.length;
    if (wanted) notice(t("{count} photo marked as favourite.|{count} photos marked as favourites.", { count }));
    else notice(t("{count} photo no longer favourite.|{count} photos no longer favourites.", { count }));
    selection.clear();
  },
});

const compare = new Compare(selection);
duplicates.addEventListener("compare", ({ detail }) => compare.open(detail));
/** Selects all results, loaded or not. */
async function selectAll() {
  const { photos, total } = grid;
  if (photos.length < Math.min(total, MOST_SELECTED)) notice(t("Selecting…"));
  const found = results.shown === search.results ? await search.all(MOST_SELECTED) : { photos };
  if (!found) return;
  selection.add(found.photos.slice(0, MOST_SELECTED));
  if (found.photos.length > MOST_SELECTED || total > MOST_SELECTED) notice(t("The first {photos} are selected; more cannot be changed at once.", { photos: countOf(MOST_SELECTED) }));
}

/** @param {string[]} ids */
function sharePhotos(ids) {
  const words = ids.length === 1 ? t("One photo.") : t("{count} photos: just these, whatever is found later.", { count: ids.length });
  share.open({ fields: { image_ids: ids }, words });
}

/** Shares what is shown: the search or the album, or its photos where no words tell them. */
async function shareResults() {
  const what = results.shown?.title ? null : await searchToShare(query);
  if (what) return share.open(what);
  const found = results.shown === search.results ? await search.all(MOST_SELECTED) : { photos: grid.photos };
  return found && sharePhotos(found.photos.slice(0, MOST_SELECTED).map((photo) => photo.image_id));
}
byId("share-results").addEventListener("click", shareResults);
byId("shared-links").addEventListener("click", () => share.open(null));

/** Shows a photo and its near copies as results of their own; "back" returns to the search. */
async function showAlike(photo) {
  const found = await Promise.allSettled(photo.alike.map((id) => askServer(`api/photo/${encodeURIComponent(id)}`)));
  const copies = found.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
  const left = photo.num_alike - copies.length;
  const photos = [{ ...photo, num_alike: 0 }, ...copies];
  address.write(query, { isNew: true });
  give({
    query, photos, total: photos.length, matches: null, isComplete: true, tookMs: null, queryRead: null, absentFolders: [],
    title: left > 0
      ? t("{photos} of one picture, {count} more is not shown|{photos} of one picture, {count} more are not shown", { photos: countOf(photos.length), count: left })
      : t("{photos} of one picture", { photos: countOf(photos.length) }),
  });
  grid.focus(0);
}

// --- panels ----------------------------------------------------------------------------------

duplicates.addEventListener("open", ({ detail }) => openPhoto(detail));
teaching.addEventListener("open", ({ detail }) => openPhoto(detail));
teaching.addEventListener("search", ({ detail }) => {
  library.dialog.close();
  ask({ ...NOTHING, words: detail });
});
map.addEventListener("open", ({ detail }) => openPhoto(detail));
places.addEventListener("open", ({ detail }) => openPhoto(detail));
places.addEventListener("within", ({ detail }) => {
  showSearch();
  ask({ ...query, filters: { ...query.filters, within: detail } });
});
map.addEventListener("caught", ({ detail: photos }) => {
  show({ ...NOTHING, caught: keepCaught(photos) });
  address.write(query, { isNew: true });
  give(caughtResults(photos));
});

function caughtResults(photos) {
  return {
    query, photos, total: photos.length, matches: null, isComplete: true, tookMs: null, queryRead: null, absentFolders: [],
    title: t("{photos} from the map", { photos: countOf(photos.length) }),
  };
}

watch.addEventListener("changed", () => {
  filters.forget();
  forgetExamples();
  forgetNames();
  browse.forget();
  timeline.forget();
  address.forget();
  const isBusy = window.scrollY > 0 || selection.size > 0 || viewer.isOpen || rest.isTyping;
  if (isBusy && grid.photos.length) notice(t("The library has changed."), { label: t("Show"), act: () => run() });
  else run();
});
library.addEventListener("changed", () => watch.look());
results.addEventListener("index", () => library.begin());
byId("places-button").addEventListener("click", () => places.open());
byId("map-button").addEventListener("click", () => map.open());
byId("library-button").addEventListener("click", () => library.open());
byId("help-button").addEventListener("click", () => byId("help").showModal());
byId("theme-button").addEventListener("click", () => notice(COLOURS[globalThis.nextTheme()]));
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
  const isWriting = event.target.closest("input, select, textarea");
  if (isAll(event) && !isWriting && !event.target.closest("dialog") && grid.photos.length) {
    event.preventDefault();
    selectAll();
  }
  if (isWriting || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "?" && !byId("help").open) byId("help").showModal();
  else if (event.target.closest("dialog")) return;
  else if (event.key === "/") {
    event.preventDefault();
    byId("words").focus();
  } else if (event.key === "Escape" && selection.size) selection.clear();
});

new ResizeObserver(([{ target }]) => document.documentElement.style.setProperty("--header", `${target.offsetHeight}px`)).observe(document.querySelector(".header"));
function isAll(event) {
  return event.key === "a" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
}

takePictures(usePictures);
useWorker();
watchConnection();
guardWithKey(() => {
  if (!search.query) return begin();
  filters.draw();
  browse.forget();
  return search.start(search.query);
});
byId("filters-button").setAttribute("aria-expanded", "false");
openSession().then(({ mayAsk, most }) => {
  search.most = most;
  if (mayAsk) begin();
}, begin);
