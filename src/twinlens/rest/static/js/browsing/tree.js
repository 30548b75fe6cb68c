/** Counted names as a tree, such as folders or countries with their towns. */

/**
 * @typedef {{name: string, path: string[], images: number, branches: Node[]}} Node images: with those of its branches
 * @param {{name: string, images: number}[]} counts @param {string} separator between the parts of a name
 * @returns {Node[]}
 */
export function treeOf(counts, separator) {
  const root = { path: [], branches: new Map() };
  for (const { name, images } of counts) {
    let node = root;
    for (const part of name.split(separator)) {
      if (!node.branches.has(part)) node.branches.set(part, { name: part, path: [...node.path, part], images: 0, branches: new Map() });
      node = node.branches.get(part);
      node.images += images;
    }
  }
  return listed(root.branches);
}

function listed(branches) {
  const nodes = [...branches.values()].sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
  return nodes.map((node) => ({ ...node, branches: listed(node.branches) }));
}
