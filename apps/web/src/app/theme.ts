/** `system` follows prefers-color-scheme. */
export type Theme = 'system' | 'light' | 'dark';

/** Also read by public/theme.js, before the first paint. */
const key = 'undertone.theme';

export function currentTheme(): Theme {
  const theme = document.documentElement.dataset.theme;
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

export function setTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === 'system') localStorage.removeItem(key);
    else localStorage.setItem(key, theme);
  } catch {
    // Storage is refused: the choice lasts until the page closes.
  }
}
