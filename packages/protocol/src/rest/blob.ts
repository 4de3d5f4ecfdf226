import { z } from 'zod';

/** `GET /api/blob-usage`: what this account's files take on the server, in bytes, and what it may. */
export const BlobUsage = z.object({
  usedBytes: z.number().int().min(0),
  quotaBytes: z.number().int().min(0),
  /** Of one stored file, encrypted and padded. */
  blobMaxBytes: z.number().int().min(0),
});
export type BlobUsage = z.infer<typeof BlobUsage>;
