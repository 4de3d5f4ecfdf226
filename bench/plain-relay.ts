import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

const page = `<!doctype html><title>plain</title>
<div role="log" style="height:700px;overflow:auto"></div><textarea aria-label="Message"></textarea>
<script>
const log = document.querySelector('[role=log]');
const socket = new WebSocket('ws://' + location.host);
socket.onmessage = ({ data }) => { log.append(Object.assign(document.createElement('p'), { textContent: data })); };
document.querySelector('textarea').onkeydown = (event) => {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  socket.send(event.target.value);
  event.target.value = '';
};
</script>`;

/** The least that a chat can be: a page, a socket, and a server that passes every message on. Nothing is encrypted or kept. */
export async function plainRelay(): Promise<{ origin: string; close(): Promise<void> }> {
  const http = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(page));
  const sockets = new WebSocketServer({ server: http });
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      for (const client of sockets.clients) client.send(data.toString());
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
