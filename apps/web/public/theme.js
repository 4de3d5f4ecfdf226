// Before the first paint: the theme chosen on this browser, if any (src/app/theme.ts writes it).
try {
  const theme = localStorage.getItem('undertone.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is refused: the system's theme it is.
}
