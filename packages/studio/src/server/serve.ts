/**
 * One page for one person: on this machine alone, behind a word that nobody can guess, and nothing else beside it. A
 * page of somebody else's that a browser is tricked into sending here learns nothing: it does not know the word, and a
 * name that was made to lead here is not the one that is asked for.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface Serving {
  readonly url: string;
  close(): Promise<void>;
}

const HERE = '127.0.0.1';
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** `port` 0: any that is free. @throws NodeJS.ErrnoException when the port is taken */
export async function serveStudio(html: string, port = 0): Promise<Serving> {
  const token = randomBytes(24).toString('base64url');
  const body = Buffer.from(html);
  const server = createServer((request, response) => answer(request, response, server, token, body));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HERE, resolve);
  });
  return { url: `http://${HERE}:${portOf(server)}/${token}/`, close: () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }) };
}

function answer(
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
  server: Server,
  token: string,
  body: Buffer,
): void {
  const port = portOf(server);
  if (headers.host !== `${HERE}:${port}` && headers.host !== `localhost:${port}`) refuse(response, 403);
  else if (!isSame(url ?? '', `/${token}/`)) refuse(response, 404);
  else if (method !== 'GET' && method !== 'HEAD') refuse(response, 405);
  else {
    response.writeHead(200, { ...HEADERS, 'content-length': body.length });
    response.end(method === 'HEAD' ? undefined : body);
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-length': 0, 'x-content-type-options': 'nosniff' });
  response.end();
}

/** In a time that tells nothing of how much of it was right. */
function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function portOf(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}
