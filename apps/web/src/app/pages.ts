import type { Component } from 'svelte';
import type { Route } from './routes.ts';

type PageModule = { readonly default: Component };

const account = import.meta.glob<PageModule>('../pages/{sign-up,sign-in,settings}/*Page.svelte');
const accountPage = (path: string) => account[path] ?? (() => import('../pages/not-found/NotFoundPage.svelte'));

/** Each page is a chunk of its own. Rooms, threads, directory and home share the chat's shell, which keeps its state between them. */
const loaders: Record<Route['page'], () => Promise<PageModule>> = {
  home: () => import('../pages/chat/ChatPage.svelte'),
  room: () => import('../pages/chat/ChatPage.svelte'),
  thread: () => import('../pages/chat/ChatPage.svelte'),
  directory: () => import('../pages/chat/ChatPage.svelte'),
  'sign-up': accountPage('../pages/sign-up/SignUpPage.svelte'),
  'sign-in': accountPage('../pages/sign-in/SignInPage.svelte'),
  settings: accountPage('../pages/settings/SettingsPage.svelte'),
  'not-found': () => import('../pages/not-found/NotFoundPage.svelte'),
};

export async function loadPage(page: Route['page']): Promise<Component> {
  return (await loaders[page]()).default;
}
