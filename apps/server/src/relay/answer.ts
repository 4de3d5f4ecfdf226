import { type ClientFrame, ProtocolError, type ServerFrame } from '@undertone/protocol';
import { catchUpPages } from '../metrics/instruments.ts';
import type { SendRequest } from './append-sends.ts';
import { commit } from './commit.ts';
import type { Connection } from './connection.ts';
import { createThread } from './create-thread.ts';
import { found } from './found.ts';
import type { Relay } from './relay.ts';
import type { Ack, Sender } from './sender.ts';

const acked = (ref: number, ack: Ack): ServerFrame => ({ type: 'ack', ref, ...ack });

/** The answer to a request of a device that has said hello. Fails with `ProtocolError` where it is refused. */
export async function answer(relay: Relay, connection: Connection, frame: ClientFrame): Promise<ServerFrame> {
  const { type, ref } = frame;
  const who: Sender = { account: connection.account, device: connection.device };
  switch (type) {
    case 'send': {
      const { account, device } = who;
      const { room, kind, generation, epoch, id, body, erases, blobs } = frame;
      // Written out: a spread here took a tenth of all that the server does for a message.
      const request: SendRequest = { account, device, room, kind, generation, epoch, id, body, erases, blobs };
      const outcome = await relay.writer.send(request);
      if (outcome instanceof Error) throw outcome;
      return acked(ref, outcome);
    }
    case 'commit':
      return acked(ref, await relay.change((tx, outbox) => commit(tx, outbox, who, frame)));
    case 'found':
      return acked(ref, await relay.change((tx, outbox) => found(tx, outbox, who, frame)));
    case 'create_thread':
      return acked(ref, await relay.change((tx, outbox) => createThread(tx, outbox, who, frame)));
    case 'pull':
      if (frame.after !== undefined) catchUpPages.inc();
      return { type: 'page', ref, room: frame.room, ...(await relay.log.pull(who.account, frame)) };
    case 'links':
      return { type: 'page', ref, room: frame.room, ...(await relay.log.links(who.account, frame)) };
    case 'group': {
      const { data, ...at } = await relay.log.groupInfo(who.account, frame.room);
      return { type: 'group', ref, room: frame.room, ...at, groupInfo: data };
    }
    case 'welcome': {
      const { data, ...at } = await relay.log.welcome(who, frame.room);
      return { type: 'welcome', ref, room: frame.room, ...at, welcome: data };
    }
    case 'welcome_done':
      await relay.log.welcomeDone(who.device, frame.room);
      return { type: 'done', ref };
    case 'report':
      await relay.log.report(who, frame);
      return { type: 'done', ref };
    case 'signal':
      relay.hub.signal(connection, frame);
      return { type: 'done', ref };
    case 'activity':
      relay.hub.setActivity(connection, frame.state);
      return { type: 'done', ref };
    case 'watch':
      return { type: 'watching', ref, ...(await relay.hub.watch(connection, frame.accounts)) };
    case 'ping':
      return { type: 'pong', ref };
    case 'hello':
      throw new ProtocolError('bad_frame', { reason: 'hello was said before' });
    default: {
      const never: never = type;
      throw new ProtocolError('bad_frame', { type: never });
    }
  }
}
