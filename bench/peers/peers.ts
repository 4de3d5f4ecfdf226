import type { Postgres } from '../relay/postgres.ts';
import type { Target } from '../relay/target.ts';
import { mosquitto } from './mqtt.ts';
import { nats } from './nats.ts';
import { plainWs, socketIo } from './web-sockets.ts';
import { ejabberd, prosody } from './xmpp.ts';

/** Every peer by the name that one asks for it with. Each is installed on demand, or fails with `PeerMissing`. */
export const peers: Record<string, (postgres: Postgres) => Target | Promise<Target>> = {
  ejabberd,
  ws: plainWs,
  'socket.io': socketIo,
  mosquitto,
  nats,
  prosody,
};
