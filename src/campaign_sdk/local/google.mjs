// Tests only: sends what Lite would send to Google to a stand-in on loopback, because Lite
// ignores `auth.external.google.url`.

const ENDPOINTS = {
  "https://accounts.google.com/o/oauth2/v2/auth": "/authorize",
  "https://oauth2.googleapis.com/token": "/token",
  "https://www.googleapis.com/oauth2/v3/certs": "/certs",
  "https://www.googleapis.com/userinfo/v2/me": "/userinfo",
};

function redirected(url, standIn) {
  const [endpoint, query] = String(url).split("?");
  const path = ENDPOINTS[endpoint];
  if (!path) return url;
  return `${standIn}${path}${query ? `?${query}` : ""}`;
}

/** Point this process at the stand-in; returns what does the same to a response's redirect. */
export function redirectGoogle(standIn) {
  const original = globalThis.fetch;
  globalThis.fetch = (input, init) => original(redirected(input?.url ?? input, standIn), init);
  return (response) => {
    const location = response.headers.get("location");
    if (location) response.headers.set("location", redirected(location, standIn));
    return response;
  };
}
