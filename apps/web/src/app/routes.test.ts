import { describe, expect, it } from 'vitest';
import { paths, routeOf } from './routes.ts';

const id = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';

describe('routeOf', () => {
  it.each([
    ['/', { page: 'home' }],
    ['', { page: 'home' }],
    ['/signup', { page: 'sign-up' }],
    ['/login/', { page: 'sign-in' }],
    ['/rooms', { page: 'directory' }],
    ['/rooms/lobby', { page: 'room', slug: 'lobby' }],
    ['/rooms/caf%C3%A9', { page: 'room', slug: 'café' }],
    [`/threads/${id}`, { page: 'thread', id }],
    ['/settings', { page: 'settings' }],
    ['/rooms/a/b', { page: 'not-found' }],
    ['/rooms/%E0%A4%A', { page: 'not-found' }],
    ['/threads/nope', { page: 'not-found' }],
    ['/constructor', { page: 'not-found' }],
    ['/elsewhere', { page: 'not-found' }],
  ])('%s', (path, route) => {
    expect(routeOf(path)).toEqual(route);
  });

  it('reads what paths writes', () => {
    expect(routeOf(paths.room('räume und mehr'))).toEqual({ page: 'room', slug: 'räume und mehr' });
  });
});
