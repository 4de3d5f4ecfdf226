/** Handle the event by which a menu is about to take the focus: its first item takes it instead, as one who opened it by a key expects. */
export function focusFirstItem(event: Event, menu: HTMLElement | null): void {
  const first = menu?.querySelector<HTMLElement>('[role="menuitem"]');
  if (!first) return;
  event.preventDefault();
  first.focus();
}
