/** A port without another end: what is transferred to it is freed. */
const nowhere = (() => {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
})();

/**
 * Give the memory of a large buffer back now; nobody can use it any more. WebCrypto makes a new array for every record of a file, and
 * collecting garbage comes hundreds of megabytes later.
 */
export function release({ buffer }: Uint8Array<ArrayBuffer>): void {
  nowhere.postMessage(null, [buffer]);
}
