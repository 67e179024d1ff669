import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Serving, serveStudio } from './serve.ts';

const PAGE = '<!doctype html><title>pages</title>';
let serving: Serving;

beforeAll(async () => {
  serving = await serveStudio(PAGE);
});
afterAll(() => serving.close());

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** As written, without what a client would tidy away. */
function ask(path: string, { host, method = 'GET' }: { host?: string; method?: string } = {}): Promise<Answer> {
  const { hostname, port } = new URL(serving.url);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers: host === undefined ? {} : { host } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece)).on('end',
        () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    });
    asked.on('error', reject).end();
  });
}

describe('the server of the studio', () => {
  it('gives its page to whoever knows the word, and to nobody else', async () => {
    const { pathname } = new URL(serving.url);
    expect(await ask(pathname)).toMatchObject({ status: 200, text: PAGE });
    for (const path of ['/', pathname.slice(0, -1), `${pathname}x`, pathname.toLowerCase(), `${pathname}?a=b`,
      `/x${pathname}`])
      expect(await ask(path)).toMatchObject({ status: 404, text: '' });
  });

  it.each(['../../../etc/passwd', '..%2f..%2fetc%2fpasswd', '%2e%2e/package.json', 'package.json', '//etc/passwd',
    '\\..\\..\\etc\\passwd'])('reaches no other file: %s', async (path) => {
      const { pathname } = new URL(serving.url);
      expect(await ask(`/${path}`)).toMatchObject({ status: 404, text: '' });
      expect(await ask(pathname + path)).toMatchObject({ status: 404, text: '' });
    });

  it('answers to its own name alone, so that no other site can lead a browser here', async () => {
    const { pathname, port } = new URL(serving.url);
    expect(await ask(pathname, { host: `localhost:${port}` })).toMatchObject({ status: 200 });
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:${Number(port) + 1}`])
      expect(await ask(pathname, { host })).toMatchObject({ status: 403, text: '' });
  });

  it('listens on this machine alone, under a new word each time, and forbids frames', async () => {
    const other = await serveStudio(PAGE);
    expect(new URL(other.url).hostname).toBe('127.0.0.1');
    expect(new URL(other.url).pathname).not.toBe(new URL(serving.url).pathname);
    await other.close();
    const { headers } = await ask(new URL(serving.url).pathname);
    expect(headers).toMatchObject({ 'content-security-policy': "frame-ancestors 'none'", 'cache-control': 'no-store',
      'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect(await ask(new URL(serving.url).pathname, { method: 'POST' })).toMatchObject({ status: 405 });
  });
});
