/** Downscale large pictures before upload; the model only needs about 300 pixels. */

const LARGE_BYTES = 1_500_000;
const SIDE_PX = 1280;

/** @param {Blob} file @returns {Promise<Blob>} the file itself if it is small, or in a format that this browser cannot decode */
export async function shrink(file) {
  if (file.size <= LARGE_BYTES) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, SIDE_PX / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return await new Promise((resolve) => canvas.toBlob((made) => resolve(made || file), "image/jpeg", 0.9));
  } catch {
    return file;
  }
}
