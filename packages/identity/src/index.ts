export { type DeviceIdentity, encodeIdentity, parseIdentity } from './credential.ts';
export { createRootEntry, KeyLogError, type VerifiedKeyLog, verifyKeyLog } from './key-log.ts';
export { safetyNumber } from './safety-number.ts';
export { generateSigningKey, type SigningKey, signWithLabel, verifyWithLabel } from './signing-key.ts';
