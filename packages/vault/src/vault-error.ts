const sentences = {
  unreadable: 'What this browser stored can no longer be read.',
  unavailable: "This browser's storage refused to work. It may be full or switched off.",
  locked: 'Undertone is locked on this browser. Unlock it with your passphrase.',
  wrong_passphrase: 'That passphrase isn’t right.',
} as const;

/**
 * Why a vault could not be used. `unreadable`: tampered with or damaged; `unavailable`: the browser's storage is full or gone;
 * `locked`: a passphrase is needed first; `wrong_passphrase`: this was not it, and nothing changed.
 */
export class VaultError extends Error {
  readonly code: keyof typeof sentences;

  constructor(code: keyof typeof sentences, options?: ErrorOptions) {
    super(sentences[code], options);
    this.name = 'VaultError';
    this.code = code;
  }
}
