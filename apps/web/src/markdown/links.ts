/** Where links may lead. */
const schemes: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:']);

/**
 * The address of a link, or `null` if it may not be one: http, https and mailto only, without user name or password in it. `host` is
 * set where the label does not show it (`null` where it does).
 */
export function safeLink(href: string, label: string): { href: string; host: string | null } | null {
  if (!/^(?:https?:\/\/|mailto:)/i.test(href)) return null;
  let url: URL;
  try {
    url = new URL(href);
  } catch {
    return null;
  }
  if (!schemes.has(url.protocol) || url.username || url.password) return null;
  if (url.protocol === 'mailto:') {
    const recipient = url.pathname;
    return { href: url.href, host: label.includes(recipient) ? null : recipient };
  }
  const bare = label.trim().replace(/^https?:\/\//i, '');
  const shown = bare.toLowerCase();
  const host = url.host;
  const names = shown === host || [`/`, '?', '#'].some((end) => shown.startsWith(host + end));
  return { href: url.href, host: names ? null : host };
}
