import { ClientCore, type CoreEvent, RestClient, type SocketLike, type Vaults } from '@undertone/client';
import { MemoryFileStore } from '@undertone/client/memory-files';
import type { EntryId, RoomId } from '@undertone/protocol';
import { VaultKeeper } from '@undertone/vault';
import { MemoryPlace } from '@undertone/vault/memory-place';
import { passphraseKey } from '@undertone/vault/passphrase-key';
import { WebSocket } from 'ws';
import { password } from './browser.ts';

const texts = [
  'That works for me.',
  'I looked at it again, and I think that the second way is simpler: fewer moving parts, and nothing to clean up afterwards.',
  'See `packages/client` for the details, **especially** the part about the outbox.',
  'Yes!',
  'Three things:\n- the first\n- the second\n- and the one that everyone forgets',
];

const pictureEvery = 20;

/** A PNG with its preview. */
export interface Picture {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly thumbnail: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

/**
 * An account without a browser that says `count` things in the lobby, one after the other, every twentieth with `picture`, and stays, so that
 * newcomers get the history from it. Gives the function that ends it.
 */
export async function speak(origin: string, username: string, count: number, picture?: Picture): Promise<() => void> {
  let cookie = '';
  const rest = new RestClient(origin, async (url, init) => {
    const response = await fetch(url, { ...init, headers: { ...(init.headers as object), cookie, origin } });
    for (const set of response.headers.getSetCookie()) cookie = set.split(';')[0] ?? '';
    return response;
  });
  const keeper = new VaultKeeper(new MemoryPlace(), async (passphrase, params) => passphraseKey(passphrase, params));
  const vaults: Vaults = {
    exists: async () => false,
    open: () => keeper.open(),
    keeper: () => keeper,
    forgetKeys: () => {},
    remove: async () => {},
    lastAccount: async () => null,
    lastSession: async () => null,
    setLastAccount: async () => {},
    leaving: async () => null,
    setLeaving: async () => {},
  };
  const core = new ClientCore({
    rest,
    vaults,
    createSocket: () =>
      new WebSocket(`${origin.replace('http', 'ws')}/api/socket`, {
        headers: { cookie, origin },
      }) as unknown as SocketLike,
    openFileStore: async () => new MemoryFileStore(),
    uploadHeaders: () => ({ cookie, origin }),
  });
  let sent = 0;
  let room: RoomId | undefined;
  const listeners = new Set<() => void>();
  core.subscribe((event: CoreEvent) => {
    if (event.type === 'rooms') {
      room ??= event.rooms.find((view) => view.slug === 'lobby' && view.state === 'ready')?.id;
    } else if (event.type === 'timeline') {
      sent += event.change.rows.filter((row) => row.kind === 'message' && row.own && row.delivery === 'sent').length;
    }
    for (const listener of listeners) listener();
  });
  const until = (done: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!done()) return;
        listeners.delete(check);
        resolve();
      };
      listeners.add(check);
      check();
    });
  await rest.signUp({ username, password });
  await core.sessionChanged();
  await until(() => room !== undefined);
  for (let i = 1; i <= count; i++) {
    const text = `${username} ${i} of ${count}. ${texts[i % texts.length]}`;
    const id = crypto.randomUUID() as EntryId;
    if (room === undefined) continue;
    if (picture === undefined || i % pictureEvery > 0) await core.sendText(room, { id, text });
    else {
      const { bytes, thumbnail, ...size } = picture;
      const content = new Blob([bytes], { type: 'image/png' });
      await core.sendFile(room, {
        id,
        content,
        thumbnail,
        name: `${i}.png`,
        mediaType: 'image/png',
        caption: text,
        ...size,
      });
    }
    // A few on their way at a time, as many as a person's client would ever have.
    if (i % 20 === 0) await until(() => sent >= i - 20);
  }
  await until(() => sent >= count);
  return () => core.close();
}
