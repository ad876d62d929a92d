// The session of this browser: a key or a token is changed for a cookie that no script can read.

const ADDRESS = "/session";

export function openSession(secret) {
  return fetch(ADDRESS, { method: "POST", headers: { Authorization: `Bearer ${secret}` } });
}

export function closeSession() {
  return fetch(ADDRESS, { method: "DELETE" });
}
