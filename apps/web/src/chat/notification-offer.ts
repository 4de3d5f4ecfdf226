const key = 'undertone.notifications-offered';

/** Whether this browser's person answered the offer of notifications: it is made once. */
export function offerAnswered(): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    // Storage is refused: it could not be remembered, so it would be made again and again.
    return true;
  }
}

export function rememberOfferAnswered(): void {
  try {
    localStorage.setItem(key, 'answered');
  } catch {
    // As above: it is not made again.
  }
}
