/** A device's Ed25519 key: the public half as 32 bytes (RFC 8032), the private half as a handle that need not be extractable. */
export interface SigningKey {
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly privateKey: CryptoKey;
}

/** Make a key whose private half never leaves WebCrypto. It cannot be sealed, so a browser's device makes its own in another way. */
export async function generateSigningKey(): Promise<SigningKey> {
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
  return {
    publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)),
    privateKey: pair.privateKey,
  };
}

/** Sign bytes that begin with a label of their purpose. */
export async function signBytes(key: CryptoKey, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', key, bytes));
}

/** Whether `signature` over `bytes` was made by the holder of `publicKey`. False for anything malformed. */
export async function verifyBytes(
  publicKey: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', key, signature, bytes);
  } catch {
    return false;
  }
}

/** Sign `label || message`; the label keeps signatures of one purpose from serving another. */
export async function signWithLabel(
  key: CryptoKey,
  label: string,
  message: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return await signBytes(key, labelled(label, message));
}

/** Whether `signature` over `label || message` was made by the holder of `publicKey`. False for anything malformed. */
export async function verifyWithLabel(
  publicKey: Uint8Array<ArrayBuffer>,
  label: string,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  return await verifyBytes(publicKey, labelled(label, message), signature);
}

/** SHA-256 of `label || message`. */
export async function sha256WithLabel(
  label: string,
  message: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', labelled(label, message)));
}

/** `label || LF || message`: the bytes that are signed or hashed. */
function labelled(label: string, message: Uint8Array): Uint8Array<ArrayBuffer> {
  const prefix = new TextEncoder().encode(`${label}\n`);
  const bytes = new Uint8Array(prefix.length + message.length);
  bytes.set(prefix);
  bytes.set(message, prefix.length);
  return bytes;
}
