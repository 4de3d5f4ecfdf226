import { expect, test } from 'vitest';
import { nextPath } from './next-path.ts';

test.each([
  [null, '/'],
  ['/settings', '/settings'],
  ['/rooms/lobby?at=3', '/rooms/lobby?at=3'],
  ['//evil.example/x', '/'],
  ['https://evil.example/', '/'],
  ['javascript:alert(1)', '/'],
  ['/\\evil.example', '/'],
  ['/login', '/'],
  ['/signup?x', '/'],
  ['/api/account', '/'],
])('%s leads to %s', (next, path) => {
  expect(nextPath(next, 'https://chat.example', '/')).toBe(path);
});
