// The API key of this tab: kept for its session only, never in a cookie or for good.

const NAME = "gf-api-key";

export function storedKey() {
  return sessionStorage.getItem(NAME);
}

export function storeKey(key) {
  sessionStorage.setItem(NAME, key);
}

export function forgetKey() {
  sessionStorage.removeItem(NAME);
}

/** The header, and just so the payload of a socket's `connection_init`, that signs a request in. */
export function credentials() {
  const key = storedKey();
  return key ? { "GF-Api-Key": key } : {};
}
