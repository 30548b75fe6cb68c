/** One section of the browse panel: a heading that opens a list, or a tree, of values to choose from. */

import { element, icon } from "../dom.js";
import { numberOf } from "../facts.js";
import { t } from "../texts.js";

const FIRST = 12; // values that are shown at once; the others by a button

/**
 * @param {import("./facets.js").Facet} facet
 * @param {{chosen: ?string, isOpen: boolean, choose: (value: string) => void, twigs: Set<string>, toggled: (isOpen: boolean) => void}} how twigs: paths of the branches that are open
 */
export function facetList(facet, { chosen, isOpen, choose, twigs, toggled }) {
  const made = element(
    "details",
    { class: "facet", open: isOpen },
    element("summary", {}, icon(facet.icon), element("span", { class: "text", text: facet.title }), element("span", { class: "quiet", text: numberOf(facet.nodes.length) })),
  );
  const fill = () => made.querySelector("ul") || made.append(list(facet, facet.nodes, { chosen, choose, twigs }));
  if (isOpen) fill();
  made.addEventListener("toggle", () => {
    if (made.open) fill(); // not before: a library may have thousands of folders
    toggled(made.open);
  });
  return made;
}

function list(facet, nodes, how) {
  const made = element("ul", {});
  const show = (from, to) => made.append(...nodes.slice(from, to).map((node) => item(facet, node, how)));
  const place = nodes.findIndex((node) => isWithin(facet, node, how.chosen));
  const first = Math.max(FIRST, place + 1);
  show(0, first);
  if (nodes.length <= first) return made;
  const all = element("button", { type: "button", class: "facet-all", text: t("Show all {count}", { count: nodes.length }) });
  const row = element("li", {}, all);
  all.addEventListener("click", () => {
    row.remove();
    show(first);
    made.children[first].querySelector("button").focus();
  });
  made.append(row);
  return made;
}

function item(facet, node, how) {
  const value = facet.valueOf(node);
  const isChosen = isSame(value, how.chosen);
  const choose = element(
    "button",
    { type: "button", class: "facet-value", "aria-pressed": String(isChosen), on: { click: () => how.choose(isChosen ? "" : value) } },
    element("span", { class: "text", text: node.name, dir: "auto" }),
    node.images !== undefined && element("span", { class: "quiet", text: node.images === null ? t("live") : numberOf(node.images) }),
  );
  const made = element("li", {}, element("span", { class: "facet-row" }, choose));
  if (node.branches.length) addBranches(made, facet, node, how);
  return made;
}

function addBranches(made, facet, node, how) {
  const twig = element("button", { type: "button", class: "twig", "aria-label": t("Inside {name}", { name: node.name }) }, icon("right"));
  const key = `${facet.filter}:${node.path.join("|")}`;
  const show = (isOpen) => {
    how.twigs[isOpen ? "add" : "delete"](key);
    twig.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) made.append(list(facet, node.branches, how));
    else made.querySelector("ul")?.remove();
  };
  twig.addEventListener("click", () => show(twig.getAttribute("aria-expanded") !== "true"));
  made.firstChild.prepend(twig);
  show(how.twigs.has(key) || node.branches.some((branch) => isWithin(facet, branch, how.chosen)));
}

/** Whether a value is that of a node or of one of its branches. */
function isWithin(facet, node, chosen) {
  return Boolean(chosen) && (isSame(facet.valueOf(node), chosen) || node.branches.some((branch) => isWithin(facet, branch, chosen)));
}

function isSame(value, chosen) {
  return Boolean(chosen) && value.toLowerCase() === chosen.toLowerCase();
}
