import { limits } from '@undertone/protocol';
import type { WebSocket } from 'ws';

/** Ping the socket regularly, and cut it where nothing came back since the ping before (SPEC T6). Returns what ends that. */
export function keepAlive(socket: WebSocket): () => void {
  let alive = true;
  const heard = (): void => {
    alive = true;
  };
  socket.on('pong', heard);
  socket.on('message', heard);
  const timer = setInterval(() => {
    if (!alive) {
      socket.terminate();
      return;
    }
    alive = false;
    socket.ping();
  }, limits.heartbeatMs);
  timer.unref();
  return () => clearInterval(timer);
}
