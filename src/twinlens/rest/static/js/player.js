/** Plays the open photo if it is a video, from the moment that was found; its frame stays where the browser cannot. */

import { element } from "./dom.js";
import { photoAddress } from "./server.js";
import { spokenName } from "./spoken.js";
import { t } from "./texts.js";

export class Player {
  /** @param {HTMLElement} stage */
  constructor(stage) {
    this.stage = stage;
    this.film = null;
  }

  /** @param {?{image_id: string, duration_s?: ?number, at_s?: ?number}} photo null ends what plays */
  show(photo) {
    const address = photo?.duration_s ? `${photoAddress(photo.image_id)}#t=${photo.at_s || 0}` : null;
    if (this.film?.getAttribute("src") === address) return;
    this.end();
    if (!address) return;
    const film = element("video", { src: address, controls: "", preload: "metadata", playsinline: "" });
    film.setAttribute("aria-label", t("Video {name}", { name: spokenName(photo) }));
    film.addEventListener("loadeddata", () => film === this.film && this.stage.classList.add("has-film"));
    film.addEventListener("error", () => film === this.film && this.end());
    for (const kind of ["click", "pointerdown", "dblclick", "keydown"]) film.addEventListener(kind, (event) => event.stopPropagation());
    this.film = film;
    this.stage.append(film);
  }

  /** Stands still and lets the picture below be seen. @returns {?number} the time that was shown, in seconds; null where nothing plays */
  pause() {
    if (!this.film || !this.stage.classList.contains("has-film")) return null;
    this.film.pause();
    this.stage.classList.remove("has-film");
    return this.film.currentTime;
  }

  shown() {
    if (this.film?.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) this.stage.classList.add("has-film");
  }

  end() {
    this.stage.classList.remove("has-film");
    if (!this.film) return;
    const { film } = this;
    this.film = null;
    film.pause();
    film.removeAttribute("src"); // lets go of the connection
    film.load();
    film.remove();
  }
}
