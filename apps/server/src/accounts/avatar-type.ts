export type AvatarType = 'image/png' | 'image/jpeg' | 'image/webp';

const startsWith = (data: Uint8Array, bytes: readonly number[], offset = 0): boolean =>
  bytes.every((byte, index) => data[offset + index] === byte);

/** What kind of picture this is, by its first bytes; undefined if it is none of those that are taken. */
export function avatarType(data: Uint8Array): AvatarType | undefined {
  if (startsWith(data, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'image/png';
  if (startsWith(data, [0xff, 0xd8, 0xff])) return 'image/jpeg';
  const riff = startsWith(data, [0x52, 0x49, 0x46, 0x46]) && startsWith(data, [0x57, 0x45, 0x42, 0x50], 8);
  return riff ? 'image/webp' : undefined;
}
