import type { Badge } from './levels.ts';

const plain = '/favicon.svg';
const dotted = '/favicon-unread.svg';

/** The app's mark with a number at its corner. */
function numbered(count: number): string {
  const words = count > 9 ? '9+' : String(count);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#17695b"/><path d="M8 19.5h6" stroke="#fff" stroke-width="3" stroke-linecap="round"/><circle cx="20" cy="12" r="11.5" fill="#c8402a" stroke="#fff" stroke-width="1.5"/><text x="20" y="17.2" fill="#fff" font-family="system-ui,sans-serif" font-size="${words.length > 1 ? 13 : 15}" font-weight="700" text-anchor="middle">${words}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

export const faviconOf = ({ count, more }: Badge): string => (count > 0 ? numbered(count) : more ? dotted : plain);
