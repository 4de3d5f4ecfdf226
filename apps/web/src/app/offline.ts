import { trustedScriptUrl } from './trusted-script.ts';

/** Keep the app's shell for when there is no network. Called when the chat stands: it must not delay it. */
export function keepShellOffline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const register = () => {
    // Without it the app needs the network to open, and nothing else.
    navigator.serviceWorker.register(trustedScriptUrl('/sw.js'), { updateViaCache: 'none' }).catch(() => undefined);
  };
  setTimeout(() => (window.requestIdleCallback ?? setTimeout)(register), 2_000);
}
