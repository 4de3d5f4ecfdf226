import type { PopulatedGroup } from '@undertone/mls/testing';

interface EncodedBytes {
  readonly base64: string;
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function isEncoded(value: unknown): value is EncodedBytes {
  return typeof value === 'object' && value !== null && 'base64' in value;
}

export function encodeGroup(group: PopulatedGroup): string {
  return JSON.stringify(group, (_, value: unknown) =>
    value instanceof Uint8Array ? ({ base64: toBase64(value) } satisfies EncodedBytes) : value,
  );
}

export function decodeGroup(json: string): PopulatedGroup {
  return JSON.parse(json, (_, value: unknown) =>
    isEncoded(value) ? Uint8Array.from(atob(value.base64), (character) => character.charCodeAt(0)) : value,
  ) as PopulatedGroup;
}
