/** What an answer that is no page may do in a browser: nothing, and be put into no page of others. */
const POLICY = {
  "default-src": "'none'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
};

/**
 * A Content-Security-Policy: the strictest, but for what is named.
 *
 * @param allowed sources by directive, such as `{ "img-src": "'self'" }`
 */
export function contentPolicy(allowed: Readonly<Record<string, string>> = {}): string {
  return Object.entries({ ...POLICY, ...allowed })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join("; ");
}

/** Headers of every answer of every server, unless a route sets others. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": contentPolicy(),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=()",
  "cache-control": "no-store",
};
