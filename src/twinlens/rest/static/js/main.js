/** Entry point of the page: connects its parts. The query is in the address, so that it can be shared. */

import { Address } from "./address.js";
import { toldOf } from "./advice.js";
import { Box } from "./box.js";
import { byId } from "./dom.js";
import { takePictures } from "./drop.js";
import { countOf } from "./facts.js";
import { Grid } from "./grid.js";
import { firstShown, loadLateParts, Part, tellOfRelease } from "./late.js";
import { LibraryWatch } from "./library_watch.js";
import { notice, watchConnection } from "./notices.js";
import { fromHash, MOST_PICTURES, NOTHING } from "./query.js";
import { isOnlyMinus } from "./request.js";
import { Rest } from "./rest.js";
import { hasTimeline, leavesPhotos, ResultsView } from "./results_view.js";
import { Search } from "./search.js";
import { addSelectionBar, Selection } from "./selection.js";
import { ask as askServer, connection, given, isSilent } from "./server.js";
import { guardWithKey, openSession } from "./session.js";
import { t } from "./texts.js";

const MOST_SELECTED = 10_000; // as one call takes
const COLOURS = { system: t("Colours: same as system"), light: t("Colours: light"), dark: t("Colours: dark") };
const UNASKED = { isAsked: false };

const address = new Address();
const box = new Box();
const search = new Search();
const selection = new Selection();
const grid = new Grid(byId("grid"), selection);
const results = new ResultsView(grid);
const watch = new LibraryWatch();
const rest = new Rest();
let query = NOTHING;
let hasBegun = false;

// --- parts that are loaded later, the most likely ones first -----------------------------------

const viewing = new Part(() => import("./viewing.js"), ({ startViewing }) => startViewing(page), { isMadeEarly: true });
const timeline = new Part(() => import("./browsing/timeline.js"), ({ Timeline }) => {
  const made = new Timeline();
  made.addEventListener("jump", ({ detail: number }) => {
    const index = number - grid.first;
    if (index >= 0 && index < grid.layout.placed) grid.scrollTo(index);
    else search.start(query, number);
  });
  return made;
});
const marks = new Part(() => import("./marks.js"));
const filters = new Part(() => import("./filters.js"), ({ FilterBar }) => {
  const made = new FilterBar();
  made.addEventListener("change", ({ detail: { isTyping, ...wanted } }) => ask({ ...query, ...wanted }, { isTyping }));
  made.show(query);
  if (hasBegun) made.draw();
  return made;
});
const browse = new Part(() => import("./browsing/browse_panel.js"), ({ BrowsePanel }) => {
  const made = new BrowsePanel();
  made.addEventListener("choose", ({ detail }) => ask({ ...query, filters: { ...query.filters, ...detail } }));
  made.addEventListener("only", ({ detail }) => findOnly(detail));
  made.addEventListener("albums", () => albums.use((view) => view.open()));
  made.show(query);
  if (hasBegun) made.forget();
  return made;
}, { near: "#browse-button" });
const chosen = new Part(() => import("./browsing/chosen.js"), undefined, { near: "#browse-button, #filters-button" });
const giving = new Part(() => import("./curating/given.js"));
const names = new Part(() => import("./curating/known_names.js"));
const organise = new Part(() => import("./curating/organise.js"), ({ Organise }) => new Organise(), { near: "#selection" });
const albums = new Part(
  () => Promise.all([import("./curating/albums_view.js"), import("./browsing/as_words.js")]),
  ([{ AlbumsView }, { asWords }]) => {
    const made = new AlbumsView({ search: () => asWords(query), most: () => search.most });
    made.addEventListener("open", ({ detail }) => findOnly({ album: detail }));
    return made;
  },
  { near: "#browse-albums" },
);
const share = new Part(
  () => Promise.all([import("./sharing/share_dialog.js"), import("./sharing/what.js")]),
  ([{ ShareDialog }, { searchToShare }]) => ({ dialog: new ShareDialog(), searchToShare }),
  { near: "#selection, #share-results, #shared-links, #viewer-share" },
);
const library = new Part(
  () => Promise.all([import("./library.js"), import("./duplicates.js"), import("./teaching/teaching_view.js")]),
  ([{ LibraryPanel }, { DuplicatesView }, { TeachingView }]) => {
    const [made, duplicates, teaching] = [new LibraryPanel(), new DuplicatesView(), new TeachingView()];
    made.addEventListener("changed", () => watch.look());
    duplicates.addEventListener("open", ({ detail }) => openPhoto(detail));
    duplicates.addEventListener("compare", ({ detail }) => compare.use((view) => view.open(detail)));
    teaching.addEventListener("open", ({ detail }) => openPhoto(detail));
    teaching.addEventListener("search", ({ detail }) => {
      made.dialog.close();
      ask({ ...NOTHING, words: detail });
    });
    return made;
  },
  { near: "#library-button" },
);
const compare = new Part(() => import("./compare.js"), ({ Compare }) => new Compare(), { near: "#selection" });
const places = new Part(() => import("./places/places_map.js"), ({ PlacesMap }) => {
  const made = new PlacesMap(() => query);
  made.addEventListener("open", ({ detail }) => openPhoto(detail));
  made.addEventListener("within", ({ detail }) => {
    showSearch();
    ask({ ...query, filters: { ...query.filters, within: detail } });
  });
  return made;
}, { near: "#places-button" });
const catching = new Part(() => import("./caught.js"), (made) => {
  made.nameCaught(grid);
  return made;
}, { near: "#map-button" });
const map = new Part(() => Promise.all([import("./map.js"), catching.load()]), ([{ LibraryMap }]) => {
  const made = new LibraryMap(() => query);
  made.addEventListener("open", ({ detail }) => openPhoto(detail));
  made.addEventListener("caught", ({ detail: photos }) => {
    catching.use(({ keepCaught }) => {
      show({ ...NOTHING, caught: keepCaught(photos) });
      address.write(query, { isNew: true });
      give(caughtResults(photos));
    });
  });
  return made;
}, { near: "#map-button" });
const missing = new Part(() => import("./missing.js"), undefined, { near: ":root.is-missing" });
const smaller = new Part(() => import("./shrink.js"), undefined, { near: "#box" });
const suggested = new Part(() => import("./suggested.js"));
const installed = new Part(() => import("./installed.js"));

/** What viewing.js uses of this page. */
const page = {
  grid, search, address, indexOf, photoOf, openPhoto, run, toggleFavourite, like, addPicture, searchBy, findOnly, sharePhotos,
  get query() {
    return query;
  },
};

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
  filters.made?.show(query);
  browse.made?.show(query);
  const isFiltered = Object.values(query.filters).some(Boolean);
  if (isFiltered || query.sort !== "relevance") filters.use(() => {}, UNASKED);
  if (isFiltered || chosen.made) chosen.use(({ showChosen }) => showChosen(query, (others) => ask({ ...query, filters: others })), UNASKED);
}

function run({ isTyping = false } = {}) {
  rest.begin(isTyping);
  if (isTyping && grid.pictures.isSlow) grid.pictures.hold("letters"); // the next answer would wait for pictures of this one
  if (isOnlyMinus(query)) {
    search.stop();
    results.say(t("Add something to search for: − only subtracts."));
  } else if (isTyping) search.type(query);
  else search.start(query);
}

/** Restores a history entry. */
function goTo(place) {
  show(place.query);
  if (place.query.caught && !place.results) return goToCaught(place.query);
  if (!place.results) return run();
  give(place.results);
  return window.scrollTo({ top: place.scrollY });
}

/** Restores what the map has caught, if this window still has it. */
async function goToCaught(wanted) {
  const photos = await catching.use(({ readCaught }) => readCaught(wanted.caught), UNASKED);
  if (query !== wanted) return undefined; // somebody has asked for something else meanwhile
  return photos ? give(caughtResults(photos)) : run();
}

/** Shows results that are known already. @param {import("./search.js").Results} known */
function give(known) {
  rest.begin(false);
  search.show(known);
}

function begin() {
  hasBegun = true;
  filters.made?.draw();
  browse.made?.forget();
  watch.look();
  goTo(address.place);
  if (address.photo) openFromAddress(address.photo);
}

address.addEventListener("go", ({ detail }) => {
  if (detail.isElsewhere) goTo(detail.place);
  if (detail.photo && detail.photo !== viewing.made?.id) openFromAddress(detail.photo);
  if (!detail.photo) viewing.made?.close();
});
box.addEventListener("change", ({ detail }) => ask({ ...query, words: detail.words.trim(), terms: detail.terms }, { isTyping: detail.isTyping }));
box.addEventListener("again", ({ detail }) => ask(fromHash(detail)));
box.addEventListener("leave", () => grid.focus(0));
box.addEventListener("pictures", ({ detail }) => usePictures(detail));
results.addEventListener("ask", ({ detail }) => ask(detail));

async function usePictures(files) {
  const pictures = await Promise.all(files.filter((file) => file.type === "" || file.type.startsWith("image/")).map(named));
  if (!pictures.length) return notice(t("That is not a picture."));
  if (!box.addPictures(pictures)) notice(t("At most {count} pictures can be in one search.", { count: MOST_PICTURES }));
  return showSearch();
}

async function named(file) {
  const small = (await smaller.use(({ shrink }) => shrink(file), UNASKED)) ?? file;
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
  missing.made?.endMissing();
  address.keep(found);
  const isLeft = rest.isTyping && leavesPhotos(found); // the photos before stay until the query rests, and their time line with them
  if (!isLeft) placeTimeline(found);
  if (rest.isTyping) results.show(found, { isDraft: true });
  rest.then(() => {
    if (isLeft) placeTimeline(found);
    results.show(found);
    grid.pictures.goOn("letters");
    grid.soon(); // it may need more photos, which are not asked for while somebody types
  });
  if (found.first) grid.scrollTo(0);
  if (!grid.pictures.isLoading) loadLateParts();
});
grid.pictures.addEventListener("rest", loadLateParts, { once: true });
search.addEventListener("earlier", ({ detail }) => results.growBefore(search.results, detail));
search.addEventListener("more", () => results.grow(search.results));
search.addEventListener("awaited", ({ detail }) => (detail ? grid.pictures.hold("results") : grid.pictures.goOn("results")));
search.addEventListener("slow", ({ detail }) => byId("box").classList.toggle("is-slow", detail));
search.addEventListener("failed", ({ detail }) => {
  loadLateParts();
  if (isSilent(detail)) return;
  if (detail.code === "library_missing") missing.use(({ showMissing }) => showMissing(detail, () => run()), UNASKED);
  else if (detail.code === "nothing_indexed") results.showNone({ query, photos: [], total: 0 });
  else object(detail);
});

/** Its place is kept before photos lie there; what it says comes after them. */
function placeTimeline(found) {
  document.documentElement.classList.toggle("has-timeline", hasTimeline(found));
  firstShown.then(() => timeline.use((line) => found === search.results && line.show(found, hasTimeline(found)), UNASKED));
}

/** Tells why a search failed; after a pause where the query is being typed, and cannot be searched as it is. */
function object(failure) {
  const say = () => {
    results.say(toldOf(failure));
    grid.pictures.goOn("letters");
  };
  if (failure.status === 422 || failure.status === 404) rest.then(say);
  else say();
}
grid.addEventListener("end", () => rest.isOver && search.more());
grid.addEventListener("start", () => search.earlier());
grid.addEventListener("moved", ({ detail }) => timeline.made?.follow(detail));
results.addEventListener("stayed", () => address.settle());

// --- one photo -------------------------------------------------------------------------------

function indexOf(id) {
  return grid.photos.findIndex((photo) => photo.image_id === id);
}

function photoOf(id) {
  return grid.photos[indexOf(id)] || null;
}

function openPhoto(id) {
  return viewing.use((viewer) => viewer.open(id, photoOf(id)));
}

/** Opens the photo that the address names, unless it names another once the viewer is here. */
function openFromAddress(id) {
  return viewing.use((viewer) => address.photo === id && viewer.open(id, photoOf(id)));
}

given.addEventListener("changed", () => watch.overlook());

async function toggleFavourite(id) {
  const isFavourite = byId("viewer-heart").getAttribute("aria-pressed") === "true";
  const photo = photoOf(id);
  const wanted = viewing.made?.isOpen ? !isFavourite : !photo.is_favourite;
  if (!(await marks.use(({ mark }) => mark([id], wanted)))) return;
  showMarks([id], wanted);
  if (viewing.made?.id === id) viewing.made.showFavourite(wanted);
}

/** Shows whether photos are favourites, also in results that somebody goes back to. @param {string[]} ids */
function showMarks(ids, isFavourite) {
  const facts = new Map(ids.map((id) => [id, { is_favourite: isFavourite }]));
  address.learn(facts);
  grid.learnMarks(facts);
}

// --- many photos -----------------------------------------------------------------------------

grid.addEventListener("open", ({ detail }) => {
  if (selection.size) selection.pick(grid.photos, detail.index, detail);
  else openPhoto(grid.photos[detail.index].image_id);
});
grid.addEventListener("pick", ({ detail }) => selection.pick(grid.photos, detail.index, detail));
grid.addEventListener("heart", ({ detail }) => toggleFavourite(grid.photos[detail.index].image_id));
grid.addEventListener("like", ({ detail }) => addPicture({ kind: "photo", value: grid.photos[detail.index].image_id, sign: 1 }));
grid.addEventListener("rate", ({ detail: { index, stars } }) => {
  const ids = selection.size ? selection.ids : [grid.photos[index].image_id];
  giving.use(async ({ rate, ratedInWords }) => (await rate(ids, stars)) && notice(ratedInWords(ids.length, stars)));
});
grid.addEventListener("alike", ({ detail }) => showAlike(grid.photos[detail.index]));
addSelectionBar(byId("selection"), selection, {
  all: selectAll,
  similar: like,
  compare: (ids) => compare.use((view) => view.open(ids)),
  zip: (ids) => marks.use(({ saveZip }) => saveZip(ids)),
  list: (ids) => marks.use(({ saveList }) => saveList(ids)),
  organise: (ids) => organise.use((panel) => panel.open(ids, query.filters)),
  share: sharePhotos,
  favourite: async (ids) => {
    const wanted = !selection.areFavourites;
    if (!(await marks.use(({ mark }) => mark(ids, wanted)))) return;
    showMarks(ids, wanted);
    const count = ids.length;
    if (wanted) notice(t("{count} photo marked as favourite.|{count} photos marked as favourites.", { count }));
    else notice(t("{count} photo no longer favourite.|{count} photos no longer favourites.", { count }));
    selection.clear();
  },
});

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
  return share.use(({ dialog }) => dialog.open({ fields: { image_ids: ids }, words }));
}

/** Shares what is shown: the search or the album, or its photos where no words tell them. */
async function shareResults({ dialog, searchToShare }) {
  const what = results.shown?.title ? null : await searchToShare(query);
  if (what) return dialog.open(what);
  const found = results.shown === search.results ? await search.all(MOST_SELECTED) : { photos: grid.photos };
  return found && sharePhotos(found.photos.slice(0, MOST_SELECTED).map((photo) => photo.image_id));
}
byId("share-results").addEventListener("click", () => share.use(shareResults));
byId("shared-links").addEventListener("click", () => share.use(({ dialog }) => dialog.open(null)));

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

function caughtResults(photos) {
  return {
    query, photos, total: photos.length, matches: null, isComplete: true, tookMs: null, queryRead: null, absentFolders: [],
    title: t("{photos} from the map", { photos: countOf(photos.length) }),
  };
}

watch.addEventListener("changed", () => {
  filters.made?.forget();
  suggested.use(({ forgetExamples }) => forgetExamples(), UNASKED);
  names.use(({ forgetNames }) => forgetNames(), UNASKED);
  browse.made?.forget();
  timeline.made?.forget();
  address.forget();
  const isBusy = window.scrollY > 0 || selection.size > 0 || viewing.made?.isOpen || rest.isTyping;
  if (isBusy && grid.photos.length) notice(t("The library has changed."), { label: t("Show"), act: () => run() });
  else run();
});
results.addEventListener("index", () => library.use((panel) => panel.begin()));
byId("browse-button").addEventListener("click", () => browse.use((panel) => panel.toggle()));
byId("filters-button").addEventListener("click", () => filters.use((bar) => bar.toggle()));
byId("places-button").addEventListener("click", () => places.use((one) => one.open()));
byId("map-button").addEventListener("click", () => map.use((one) => one.open()));
byId("library-button").addEventListener("click", () => library.use((panel) => panel.open()));
byId("help-button").addEventListener("click", () => byId("help").showModal());
byId("theme-button").addEventListener("click", () => notice(COLOURS[globalThis.nextTheme()]));
byId("home").addEventListener("click", (event) => {
  event.preventDefault();
  ask(NOTHING);
  window.scrollTo({ top: 0 });
});
document.addEventListener("click", ({ target }) => {
  const panel = target.closest("dialog.panel:not(#sign-in)");
  if (panel && (target === panel || target.closest(".close"))) panel.close(); // beside it, or on its button
});
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

/** Whether the panel beside the photos was open when the page was last left. */
function wasBrowsing() {
  try {
    return JSON.parse(localStorage.getItem("twinlens.browse"))?.isOpen === true;
  } catch {
    return false; // forbidden, or written by another release
  }
}

takePictures(usePictures);
watchConnection();
connection.addEventListener("back", () => grid.pictures.askForLost(grid.root));
connection.addEventListener("back", tellOfRelease); // it may have been stopped to be updated
guardWithKey(() => {
  if (!search.query) return begin();
  filters.made?.draw();
  browse.made?.forget();
  return search.start(search.query);
});
openSession().then(({ mayAsk, most }) => {
  search.most = most;
  if (mayAsk) begin();
}, begin);
if (wasBrowsing()) browse.use(() => {}, UNASKED);
for (const name of ["pointerover", "focusin"]) { // so that they are there when somebody opens the bar
  byId("filters-button").addEventListener(name, () => filters.use(() => {}, UNASKED), { once: true });
}
firstShown.then(() => installed.use(({ useWorker }) => useWorker(), UNASKED));
