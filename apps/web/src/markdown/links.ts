export interface SafeLink {
  readonly href: string;
  /** Where it leads, for people: set where the label does not say just that. */
  readonly target: string | null;
}

/** Of a longer target the end is shown of a host, which tells whose it is, and the beginning of an address. */
const targetMaxChars = 64;

/** A mailbox as everyday mail has it; comments, quoted parts and lists of several are left as text. */
const mailbox = /^[^\s@,;:<>()[\]\\"%?&]{1,64}@[^\s@,;:<>()[\]\\"%?&/]{1,255}$/;

/**
 * The address of a link, or `null` if it may not be one: http and https without user name or password in it, and mailto with one
 * address and nothing else. Headers of a mailto (`?bcc=`, `?body=`) are dropped: nobody sees them before the message is sent.
 */
export function safeLink(href: string, label: string): SafeLink | null {
  if (!/^(?:https?:\/\/|mailto:)/i.test(href)) return null;
  let url: URL;
  try {
    url = new URL(href);
  } catch {
    return null;
  }
  return url.protocol === 'mailto:' ? mailLink(url, label) : webLink(url, label);
}

function mailLink(url: URL, label: string): SafeLink | null {
  let address: string;
  try {
    address = decodeURIComponent(url.pathname);
  } catch {
    return null;
  }
  if (!mailbox.test(address)) return null;
  const at = address.lastIndexOf('@');
  const host = hostOf(`https://${address.slice(at + 1)}`);
  if (host === null) return null;
  // With the host as it is written in the network: letters that look like others show.
  const plain = `${address.slice(0, at)}@${host}`;
  const named = label.trim().replace(/^mailto:/i, '');
  const bare = named === address || named === plain;
  return {
    href: `mailto:${encodeURIComponent(address.slice(0, at))}@${host}`,
    target: bare && isAscii(named) ? null : shortened(plain, 'end'),
  };
}

function webLink(url: URL, label: string): SafeLink | null {
  if (url.username || url.password) return null;
  const named = namedBy(label, url.protocol);
  const target = isAscii(label.trim()) || named === null ? differenceOf(url, named, label) : url.host;
  return { href: url.href, target: target && shortened(target, target === url.host ? 'end' : 'start') };
}

/** What to show of `url` beside a label that names `named`. */
function differenceOf(url: URL, named: URL | null, label: string): string | null {
  if (named === null || named.host !== url.host) return url.host;
  if (named.href === url.href) return null;
  const bareHost = named.pathname === '/' && named.search === '' && named.hash === '' && !/^\w+:/.test(label.trim());
  if (bareHost) return null;
  return url.href;
}

/** The address that a label is read as: with its scheme, or a host with or without a path. */
function namedBy(label: string, protocol: string): URL | null {
  const text = label.trim();
  if (/\s/.test(text)) return null;
  const written = /^https?:\/\//i.test(text) ? text : `${protocol}//${text}`;
  try {
    const url = new URL(written);
    return url.username || url.password ? null : url;
  } catch {
    return null;
  }
}

function hostOf(address: string): string | null {
  try {
    return new URL(address).hostname;
  } catch {
    return null;
  }
}

const isAscii = (text: string): boolean => /^[\x21-\x7e]*$/.test(text);

function shortened(target: string, keep: 'start' | 'end'): string {
  if (target.length <= targetMaxChars) return target;
  return keep === 'end' ? `…${target.slice(-targetMaxChars)}` : `${target.slice(0, targetMaxChars)}…`;
}
