import { expect, test } from 'vitest';
import { fetchCommonPasswords } from './fetch-common-passwords.ts';

const answer = (body: string, status = 200) =>
  fetchCommonPasswords('/list.json', async () => new Response(body, { status }));

test('the list, in its order', async () => {
  expect([...((await answer('["password","12345678"]')) ?? [])]).toEqual(['password', '12345678']);
});

test('what is not a list counts as not loaded', async () => {
  expect(await answer('<!doctype html>')).toBeUndefined();
  expect(await answer('{"a":1}')).toBeUndefined();
  expect(await answer('[]')).toBeUndefined();
  expect(await answer('[1]')).toBeUndefined();
  expect(await answer('["password"]', 503)).toBeUndefined();
});

test('no network counts as not loaded', async () => {
  expect(await fetchCommonPasswords('/list.json', () => Promise.reject(new TypeError('offline')))).toBeUndefined();
});
