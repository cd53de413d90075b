// Who made a request, as far as it says so itself. Nobody is turned away: machines are
// labelled, with the rule that said so. What only time tells, the database labels.

import type { Kind } from "./token.ts";

export type Label = { actor: "human" | "proxy" | "machine" | "unknown"; rule: string };

// Mail providers that fetch pictures in a reader's stead.
const PROXIES: [RegExp, string][] = [
  [/GoogleImageProxy/i, "Gmail's image proxy"],
  [/YahooMailProxy/i, "Yahoo's image proxy"],
  [/^Mozilla\/5\.0$/, "Apple's privacy proxy"],
  [/image-?proxy|imgproxy|DuckDuckGo-?Email/i, "an image proxy"],
];

// Scanners of mail, previews in chats, crawlers, libraries and tools. Words that name such a
// program wherever they stand, and names of those that don't say what they are.
const MACHINES: [RegExp, string][] = [
  [
    /barracuda|proofpoint|mimecast|messagelabs|symantec|trendmicro|forcepoint|fireeye|cloudmark|sophos|ironport|fortiguard|fortimail|zscaler|paloalto|checkpoint|safelinks|mxtoolbox|urlscan|virustotal|cyren|hornetsecurity|retarus|vade\b|avanan|abnormal|office (?:protocol|existence) discovery|bingpreview|google-safety|google-read-aloud|feedfetcher/i,
    "a known scanner",
  ],
  [
    /facebookexternalhit|facebookcatalog|whatsapp|skypeuripreview|embedly|iframely|vkshare|line-poker|google-pagerenderer|preview/i,
    "a link preview",
  ],
  [
    // But for Cubot, which makes phones.
    /(?<!cu)bot(?:\b|_)|crawl|spider|slurp|scan|check(?:er|ing)|monitor|archiv|fetch|validator|uptime|pingdom|ahrefs|semrush|headless|phantomjs|puppeteer|playwright|selenium|lighthouse|inspect|analyz|index|verif/i,
    "a known crawler",
  ],
  [
    /^(?:curl|wget|python|httpx|aiohttp|java|okhttp|go-http|node|axios|got|undici|deno|bun|ruby|perl|php|guzzle|libwww|lwp|apache-httpclient|dart|rust|reqwest|dotnet|powershell|postman|insomnia|httpie|scrapy|winhttp|cfnetwork|restsharp|faraday|mechanize|zgrab|masscan|nmap|nikto)\b|python-requests|python-urllib|python\/|java\/|libcurl|httpclient|http_request/i,
    "a known library",
  ],
];

// What Office sends to look at an address before a browser opens it. The same program loads
// the pictures of a message for its reader.
const PREFLIGHT = /ms-office|msoffice|microsoft office/i;

// What browsers send, and little else does.
const BROWSER = /^Mozilla\/\d|^Opera\/\d/;

/** Label a request for a link or a picture by its method and headers. */
export function label(kind: Kind, { method, headers }: Request): Label {
  if (method === "HEAD") return machine("HEAD");
  const purpose = `${headers.get("sec-purpose")} ${headers.get("purpose")} ${headers.get("x-moz")}`;
  if (/prefetch|preview|prerender/i.test(purpose)) return machine("a prefetch");
  const agent = (headers.get("user-agent") ?? "").trim();
  if (!agent) return machine("no agent");
  const proxy = PROXIES.find(([pattern]) => pattern.test(agent));
  if (proxy) return { actor: "proxy", rule: proxy[1] };
  if (kind === "click" && PREFLIGHT.test(agent)) return machine("Office looks first");
  const known = MACHINES.find(([pattern]) => pattern.test(agent));
  if (known) return machine(known[1]);
  return BROWSER.test(agent)
    ? { actor: "human", rule: "a browser" }
    : { actor: "unknown", rule: "an agent that nobody knows" };
}

function machine(rule: string): Label {
  return { actor: "machine", rule };
}
