// What can be said of a file before it is sent: its format by its first bytes, its SHA-256.

const SIGNATURES = [
  ["JPEG", /^\xff\xd8\xff/],
  ["PNG", /^\x89PNG/],
  ["GIF", /^GIF8/],
  ["WEBP", /^RIFF[^]{4}WEBP/],
  ["AVIF", /^[^]{4}ftyp(?:[^]{4})*?avi[fs]/],
  ["HEIC", /^[^]{4}ftyp(?:hei[cxms]|hev[cx]|mif1|msf1)/],
  ["TIFF", /^(?:II[*+]\0|MM\0[*+])/],
];

const BY_TYPE = {
  "image/jpeg": "JPEG",
  "image/png": "PNG",
  "image/gif": "GIF",
  "image/webp": "WEBP",
  "image/avif": "AVIF",
  "image/heic": "HEIC",
  "image/tiff": "TIFF",
};

/** Return the format that the bytes begin as, else the one that the name promises, else null. */
export async function formatOf(file) {
  const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 32).arrayBuffer()));
  const match = SIGNATURES.find(([, signature]) => signature.test(start));
  return match ? match[0] : (BY_TYPE[file.type] ?? null);
}

/** Return the SHA-256 in hex, or null where the browser does not offer it (a page that came over plain HTTP). */
export async function sha256(file) {
  if (!globalThis.crypto?.subtle) return null;
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
