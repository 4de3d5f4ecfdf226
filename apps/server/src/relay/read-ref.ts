import { Decoder } from '@msgpack/msgpack';

const decoder = new Decoder({
  maxStrLength: 4096,
  maxBinLength: 8 * 1024 * 1024,
  maxArrayLength: 10_000,
  maxMapLength: 64,
  maxExtLength: 0,
});

/** The `ref` of a frame that is otherwise wrong, so that its sender learns which one it was (SPEC T4); null if it has none. */
export function readRef(data: Uint8Array): number | null {
  try {
    const value: unknown = decoder.decode(data);
    if (typeof value !== 'object' || value === null || !('ref' in value)) return null;
    const { ref } = value;
    return typeof ref === 'number' && Number.isInteger(ref) && ref >= 0 && ref <= 0xffff_ffff ? ref : null;
  } catch {
    return null;
  }
}
