/** Pictures that are dropped on the page or pasted into it. */

import { byId } from "./dom.js";

/** @param {(files: File[]) => void} take */
export function takePictures(take) {
  const veil = byId("veil");
  let depth = 0; // enter and leave are fired for every element on the way
  const isFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  const show = () => (veil.hidden = depth <= 0);
  document.addEventListener("dragenter", (event) => {
    if (!isFiles(event)) return;
    depth += 1;
    show();
  });
  document.addEventListener("dragleave", (event) => {
    if (!isFiles(event)) return;
    depth -= 1;
    show();
  });
  document.addEventListener("dragover", (event) => isFiles(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show();
    take([...event.dataTransfer.files]);
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files || [])].filter((file) => file.type.startsWith("image/"));
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
}
