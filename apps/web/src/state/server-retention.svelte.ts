/** How long the server says that it keeps messages (SPEC L9). */
export class ServerRetention {
  #days = $state<number>();
  #asking = false;

  /** 0: for ever. Undefined while it is not known. */
  get days(): number | undefined {
    return this.#days;
  }

  /** Ask for it, once it is wanted. Without a connection it stays unknown, and the next one who wants it asks again. */
  async load(): Promise<void> {
    if (this.#asking || this.#days !== undefined) return;
    this.#asking = true;
    try {
      this.#days = await askDays();
    } catch {
      // Only a sentence goes without its number.
    } finally {
      this.#asking = false;
    }
  }
}

/** Without `RestClient`, for which the chat would have to load zod. */
async function askDays(): Promise<number | undefined> {
  const response = await fetch('/api/config', { credentials: 'same-origin' });
  if (!response.ok) return undefined;
  const { retentionDays } = (await response.json()) as { retentionDays?: unknown };
  return typeof retentionDays === 'number' && Number.isInteger(retentionDays) && retentionDays >= 0
    ? retentionDays
    : undefined;
}
