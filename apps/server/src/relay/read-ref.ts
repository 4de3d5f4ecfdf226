import { decodeMsgpack } from '@undertone/protocol';

/** The `ref` of a frame that is otherwise wrong, so that its sender learns which one it was (SPEC T4); null if it has none. */
export function readRef(data: Uint8Array): number | null {
  try {
    const value = decodeMsgpack(data);
    if (typeof value !== 'object' || value === null || !('ref' in value)) return null;
    const { ref } = value;
    return typeof ref === 'number' && Number.isInteger(ref) && ref >= 0 && ref <= 0xffff_ffff ? ref : null;
  } catch {
    return null;
  }
}
