/** What is needed of Trusted Types; TypeScript's DOM library does not have them yet. */
interface Rules {
  createScriptURL(url: string): string;
  createHTML(html: string): string;
}

interface TrustedTypes {
  createPolicy(name: string, rules: Rules): Rules;
}

function ownOrigin(url: string): string {
  const resolved = new URL(url, location.href);
  if (resolved.origin !== location.origin) throw new TypeError('Scripts come from this origin only.');
  return resolved.href;
}

/** Markup that could run something: scripts, frames, handlers, addresses. The templates that come here have none of it. */
const active =
  /<\/?(?:script|iframe|object|embed|base|link|meta|style|svg|math)\b|\s(?:on\w+|href|src|srcdoc|action|formaction)\s*=/i;

function inertTemplate(html: string): string {
  if (active.test(html)) throw new TypeError('Templates have nothing in them that runs.');
  return html;
}

const rules: Rules = { createScriptURL: ownOrigin, createHTML: inertTemplate };
const factory = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
const policy = factory?.createPolicy('undertone', rules) ?? rules;

/**
 * The address of a script of ours, for `new Worker`, `new SharedWorker` and `serviceWorker.register`. The server's CSP demands Trusted
 * Types; the policy `undertone` may exist once only, so whoever needs it comes here.
 */
export const trustedScriptUrl = (url: string): string => policy.createScriptURL(url);

/** A template of the emoji picker, which makes its parts from markup in its own source. */
export const trustedTemplate = (html: string): string => policy.createHTML(html);
