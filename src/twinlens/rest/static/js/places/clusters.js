/** The clusters of the map as buttons in a list, so that keys and screen readers have them, too. */

import { element } from "../dom.js";
import { countOf, numberOf } from "../facts.js";
import { thumbnailAddress } from "../server.js";
import { t } from "../texts.js";

const PICTURE_PX = 128;
const SIDES_PX = [[1, 44], [10, 52], [100, 60], [Infinity, 68]]; // up to so many photos

/** @typedef {{latitude: number, longitude: number, num_images: number, image_id: string, place: ?string, within: string}} PlaceCluster */

/** Shows clusters on a list that covers the map. */
export class Clusters {
  /** @param {HTMLElement} list @param {(cluster: PlaceCluster) => void} choose */
  constructor(list, choose) {
    this.list = list;
    this.choose = choose;
    /** @type {{cluster: PlaceCluster, item: HTMLElement, side: number}[]} */
    this.shown = [];
  }

  /** Those that stay keep their elements, and the focus. @param {PlaceCluster[]} clusters */
  show(clusters) {
    const before = new Map(this.shown.map((one) => [one.cluster.image_id, one]));
    this.shown = clusters.map((cluster) => {
      const known = before.get(cluster.image_id);
      before.delete(cluster.image_id);
      return known ? renewed(known, cluster) : this.make(cluster);
    });
    for (const { item } of before.values()) item.remove();
    this.shown.forEach(({ item }, place) => {
      if (this.list.children[place] !== item) this.list.insertBefore(item, this.list.children[place] || null);
    });
  }

  make(cluster) {
    const picture = element("img", { src: thumbnailAddress(cluster.image_id, PICTURE_PX), alt: "", draggable: "false" });
    const made = { cluster, item: element("li", {}), side: 0 };
    const button = element("button", { type: "button", class: "cluster", on: { click: () => this.choose(made.cluster) } }, picture, element("span", { class: "cluster-count", "aria-hidden": "true" }));
    made.item.append(button);
    return renewed(made, cluster);
  }

  /** Puts them where they are on the map. @param {import("./world_view.js").WorldView} view */
  place(view) {
    for (const { cluster, item } of this.shown) {
      const [x, y] = view.toPixels(cluster.longitude, cluster.latitude);
      item.style.translate = `${x}px ${y}px`;
    }
  }

  /** What they cover. @param {import("./world_view.js").WorldView} view */
  boxes(view) {
    return this.shown.map(({ cluster, side }) => {
      const [x, y] = view.toPixels(cluster.longitude, cluster.latitude);
      return new DOMRect(x - side / 2, y - side / 2, side + 6, side);
    });
  }
}

function renewed(one, cluster) {
  const { num_images: count, place } = cluster;
  const side = SIDES_PX.find(([most]) => count <= most)[1];
  Object.assign(one, { cluster, side });
  const photos = countOf(count);
  const label = place ? t("{photos} around {place}", { photos, place }) : photos;
  const button = one.item.firstChild;
  button.style.setProperty("--side", `${side}px`);
  button.classList.toggle("is-one", count === 1);
  button.setAttribute("aria-label", label);
  button.title = label;
  button.querySelector(".cluster-count").textContent = count === 1 ? "" : numberOf(count);
  return one;
}
