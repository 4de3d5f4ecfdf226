import type { FileUsageView } from '@undertone/client/view';
import { sizeWords } from '../../../files/file-words.ts';

/** Why a file of `bytes` cannot be sent, as far as it is known before. */
export function refusalOf(bytes: number, usage: FileUsageView | null): string | undefined {
  if (!usage?.server) return undefined;
  const { blobMaxBytes, quotaBytes, usedBytes } = usage.server;
  if (bytes > blobMaxBytes) {
    return `This file has ${sizeWords(bytes)}; this server takes files of up to ${sizeWords(blobMaxBytes)}.`;
  }
  const left = Math.max(0, quotaBytes - usedBytes);
  if (bytes > left) {
    return `This file has ${sizeWords(bytes)}; you have ${sizeWords(left)} left on this server. Delete files you sent to make room.`;
  }
  return undefined;
}
