import type { Component } from 'svelte';
import type { Route } from './routes.ts';

type PageModule = { readonly default: Component };

/** Each page is a chunk of its own. Rooms, threads, directory and home share the chat's shell, which keeps its state between them. */
const loaders: Record<Route['page'], () => Promise<PageModule>> = {
  home: () => import('../pages/chat/ChatPage.svelte'),
  room: () => import('../pages/chat/ChatPage.svelte'),
  thread: () => import('../pages/chat/ChatPage.svelte'),
  directory: () => import('../pages/chat/ChatPage.svelte'),
  'sign-up': () => import('../pages/sign-up/SignUpPage.svelte'),
  'sign-in': () => import('../pages/sign-in/SignInPage.svelte'),
  settings: () => import('../pages/settings/SettingsPage.svelte'),
  'not-found': () => import('../pages/not-found/NotFoundPage.svelte'),
};

export async function loadPage(page: Route['page']): Promise<Component> {
  return (await loaders[page]()).default;
}
