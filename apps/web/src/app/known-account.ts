const key = 'undertone.account-seen';

/** Whether someone signed in on this browser before: decides between /login and /signup for a visitor. */
export function accountSeen(): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}

export function rememberAccountSeen(): void {
  try {
    localStorage.setItem(key, '1');
  } catch {
    // Storage is refused; a visitor then sees sign-up first.
  }
}
