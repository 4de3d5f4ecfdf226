/** What is needed of Trusted Types; TypeScript's DOM library does not have them yet. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

function ownOrigin(url: string): string {
  const resolved = new URL(url, location.href);
  if (resolved.origin !== location.origin) throw new TypeError('Scripts come from this origin only.');
  return resolved.href;
}

const factory = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
const policy = factory?.createPolicy('undertone', { createScriptURL: ownOrigin }) ?? { createScriptURL: ownOrigin };

/**
 * The address of a script of ours, for `new Worker`, `new SharedWorker` and `serviceWorker.register`. The server's CSP demands Trusted
 * Types; the policy `undertone` may exist once only, so whoever needs it comes here.
 */
export const trustedScriptUrl = (url: string): string => policy.createScriptURL(url);
