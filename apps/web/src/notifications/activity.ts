import type { Core } from '@undertone/client/view';

/** Input is told at most this often. */
const everyMs = 10_000;

/** Tell the core that someone is at this tab, while it is in view. Returns the function that ends it. */
export function followActivity(core: Pick<Core, 'active'>): () => void {
  let told = Number.NEGATIVE_INFINITY;
  const noticed = () => {
    const now = performance.now();
    if (document.visibilityState !== 'visible' || now - told < everyMs) return;
    told = now;
    // Without a connection nobody could be told anyway.
    core.active().catch(() => undefined);
  };
  const options = { capture: true, passive: true };
  addEventListener('pointerdown', noticed, options);
  addEventListener('keydown', noticed, options);
  document.addEventListener('visibilitychange', noticed);
  noticed();
  return () => {
    removeEventListener('pointerdown', noticed, options);
    removeEventListener('keydown', noticed, options);
    document.removeEventListener('visibilitychange', noticed);
  };
}
