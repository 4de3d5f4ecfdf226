export { type DeviceIdentity, encodeIdentity, parseIdentity } from './credential.ts';
export { signFounding, verifyFounding } from './founding.ts';
export { compareKeyLogs, type KeyLogRelation, upgrades } from './key-log/compare-key-logs.ts';
export { type Approval, signDeviceProof, verifyDeviceProof } from './key-log/device-proof.ts';
export { maxActiveDevices } from './key-log/fields.ts';
export { KeyLogError, type KeyLogErrorCode } from './key-log/key-log-error.ts';
export { createAddDevice, type NewDevice } from './key-log/kinds/add-device.ts';
export { createKeepRecovery } from './key-log/kinds/keep-recovery.ts';
export { createRecoveryLost } from './key-log/kinds/recovery-lost.ts';
export { createRemoveDevice } from './key-log/kinds/remove-device.ts';
export { createRemoveRecovery } from './key-log/kinds/remove-recovery.ts';
export { createRootEntry } from './key-log/kinds/root.ts';
export { createSetArchive } from './key-log/kinds/set-archive.ts';
export { createSetRecovery } from './key-log/kinds/set-recovery.ts';
export { createSetWraps } from './key-log/kinds/set-wraps.ts';
export type { EntryPosition } from './key-log/next-entry.ts';
export { recoveryWaitMs } from './key-log/recovery-right.ts';
export {
  activeDevices,
  type KeyLogArchive,
  type KeyLogDevice,
  type KeyLogRecovery,
  type KeyLogWrap,
  type VerifiedKeyLog,
} from './key-log/verified-key-log.ts';
export { verifyKeyLog } from './key-log/verify-key-log.ts';
export { safetyNumber } from './safety-number.ts';
export { generateSigningKey, type SigningKey, signWithLabel, verifyWithLabel } from './signing-key.ts';
