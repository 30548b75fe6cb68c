/** An open photo with all that belongs to it: a part to search by, slide show, thumbs, and what was given to it. */

import { PhotoGiven } from "./curating/photo_given.js";
import { copyPath } from "./marks.js";
import { RegionPicker } from "./region_picker.js";
import { wordsAlone } from "./request.js";
import { connection } from "./server.js";
import { Slideshow } from "./slideshow.js";
import { Thumbs } from "./thumbs.js";
import { Viewer } from "./viewer.js";

const AHEAD = 20; // photos: this close to the last loaded one, the viewer's arrows load more

/** @param {object} page what main.js lends: its grid, search and address, and what it does with photos @returns {Viewer} */
export function startViewing(page) {
  const { grid, search, address, indexOf, photoOf } = page;
  const words = () => wordsAlone(page.query);
  const viewer = new Viewer({
    neighbour: (id, step) => (indexOf(id) < 0 ? null : grid.photos[indexOf(id) + step] || null),
    small: (id) => grid.pictureOf(indexOf(id)),
    words,
    found: (id) => (photoOf(id)?.rank ? { query: page.query, rank: photoOf(id).rank } : null),
  });
  const regions = new RegionPicker(viewer);
  new Slideshow(viewer, () => (grid.isComplete && grid.photos.length ? grid.photos[0].image_id : null));
  const thumbs = new Thumbs(viewer, words);
  const given = new PhotoGiven(viewer);

  viewer.addEventListener("go", ({ detail }) => page.openPhoto(detail));
  viewer.picture.addEventListener("settled", () => grid.pictures.goOn("photo"));
  viewer.addEventListener("show", ({ detail }) => {
    if (!viewer.picture.isSettled) grid.pictures.hold("photo");
    address.openPhoto(detail);
    if (indexOf(detail) >= grid.photos.length - AHEAD) search.more();
    if (indexOf(detail) < AHEAD) search.earlier();
  });
  viewer.addEventListener("close", ({ detail }) => {
    address.closePhoto();
    grid.pictures.goOn("photo");
    if (indexOf(detail) >= 0) grid.focus(indexOf(detail));
    if (thumbs.takeNew()) page.run();
  });
  viewer.addEventListener("captioned", ({ detail: { id, caption } }) => {
    const facts = new Map([[id, { caption }]]);
    address.learn(facts);
    grid.learn(facts);
  });
  viewer.addEventListener("heart", ({ detail }) => page.toggleFavourite(detail));
  viewer.addEventListener("like", ({ detail }) => page.like([detail]));
  viewer.addEventListener("plus", ({ detail }) => page.addPicture({ kind: "photo", value: detail, sign: 1 }));
  viewer.addEventListener("minus", ({ detail }) => page.addPicture({ kind: "photo", value: detail, sign: -1 }));
  viewer.addEventListener("share", ({ detail }) => page.sharePhotos([detail]));
  viewer.addEventListener("copy", ({ detail }) => copyPath(detail));
  regions.addEventListener("chosen", ({ detail: { id, region, isAdded } }) => {
    const term = { kind: "photo", value: id, sign: 1, region };
    if (isAdded) page.addPicture(term);
    else page.searchBy([term]);
  });
  given.addEventListener("find", ({ detail }) => page.findOnly(detail));
  for (const name of ["more", "earlier"]) search.addEventListener(name, () => viewer.refreshSteps());
  connection.addEventListener("back", () => viewer.isOpen && viewer.again());
  return viewer;
}
