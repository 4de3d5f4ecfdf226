/** A relay on socket.io, whose module is the first argument: every message to its room. Nothing is checked or kept. */
import { createServer } from 'node:http';

const { Server } = await import(process.argv[2] ?? 'socket.io');
const http = createServer();
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false });
io.on('connection', (socket) => {
  socket.join('room');
  socket.on('message', (text) => io.to('room').emit('message', text));
});
http.listen(0, '127.0.0.1', () => {
  const address = http.address();
  if (typeof address === 'object' && address !== null) process.stdout.write(`port ${address.port}\n`);
});
