import { type AccountId, type BlobId, ProtocolError, type RoomId, type Seq } from '@undertone/protocol';
import { arrayLiteral, type Sql } from '../database/sql.ts';

interface Naming {
  readonly account: AccountId;
  readonly blobs?: readonly BlobId[] | undefined;
}

interface FreeBlob {
  readonly id: BlobId;
  readonly account: AccountId;
  readonly complete: boolean;
}

/** A blob with the message that it belongs to from now on. */
export interface Attachment {
  readonly blob: BlobId;
  readonly room: RoomId;
  readonly seq: Seq;
}

/** The blobs that messages of a flush name, as far as no message has them yet (SPEC F3). Their rows are held until the transaction ends. */
export class FreeBlobs {
  readonly #blobs: Map<BlobId, FreeBlob>;

  private constructor(blobs: Map<BlobId, FreeBlob>) {
    this.#blobs = blobs;
  }

  /** Asks the database only if there are some. */
  static async read(tx: Sql, requests: readonly Naming[]): Promise<FreeBlobs> {
    const ids = [...new Set(requests.flatMap(({ blobs = [] }) => blobs))];
    if (ids.length === 0) return new FreeBlobs(new Map());
    const rows = await tx.$queryRaw<FreeBlob[]>`
      SELECT id, account_id AS account, complete FROM blobs
      WHERE id = ANY(${arrayLiteral(ids)}::uuid[]) AND expires_at IS NOT NULL ORDER BY id FOR UPDATE`;
    return new FreeBlobs(new Map(rows.map((row) => [row.id, row])));
  }

  /** Why the account may not name these in a message, if it may not. */
  refusal({ account, blobs = [] }: Naming): ProtocolError | undefined {
    const found = blobs.map((id) => this.#blobs.get(id));
    if (found.some((blob) => blob?.account !== account)) return new ProtocolError('unknown_blob');
    return found.every((blob) => blob?.complete) ? undefined : new ProtocolError('blob_incomplete');
  }

  /** A message of this flush has them: no other gets them. */
  take(blobs: readonly BlobId[]): void {
    for (const id of blobs) this.#blobs.delete(id);
  }
}

/** The messages are in the log already. */
export async function attachBlobs(tx: Sql, attachments: readonly Attachment[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE blobs SET room_id = t.room, seq = t.at, expires_at = NULL
    FROM unnest(
      ${arrayLiteral(attachments.map(({ blob }) => blob))}::uuid[],
      ${arrayLiteral(attachments.map(({ room }) => room))}::uuid[],
      ${arrayLiteral(attachments.map(({ seq }) => seq))}::bigint[]
    ) AS t(id, room, at)
    WHERE blobs.id = t.id`;
}
