/** What this browser lacks to hold keys, in a sentence; `undefined` if it has everything. */
export async function platformProblem(): Promise<string | undefined> {
  if (globalThis.isSecureContext === false || globalThis.crypto?.subtle === undefined) {
    return 'Encryption works only over https or on localhost. Ask whoever runs this server to set up https.';
  }
  try {
    await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    await crypto.subtle.generateKey('X25519', false, ['deriveBits']);
    return undefined;
  } catch {
    return 'This browser cannot make the keys that are needed (Ed25519 and X25519). Update it, or use another one.';
  }
}
