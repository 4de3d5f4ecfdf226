/** Focus goes back to the message that `anchor` stands in: its toolbar may be gone by then. */
export function focusMessage(anchor: HTMLElement): void {
  anchor.closest<HTMLElement>('article[data-key]')?.focus({ preventScroll: true });
}
