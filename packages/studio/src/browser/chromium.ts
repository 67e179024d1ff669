/**
 * A real browser for tests: one that is installed, else the one that an npm package brings along. There may be none;
 * then nothing that needs it is tested, and the reason is said.
 */
import { existsSync } from 'node:fs';
import { pathToFileURL, fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

const INSTALLED = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map((name) =>
  `/usr/bin/${name}`
);
/** No sandbox: tests run as root in containers. WebGL by the processor. */
const ARGS = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

export const PAGE = fileURLToPath(new URL('../../built/studio.html', import.meta.url));

/** Null where there is no browser to be had. */
export async function launchBrowser(): Promise<Browser | null> {
  try {
    const { chromium } = await import('playwright-core');
    return await chromium.launch({ executablePath: await executable(), args: ARGS });
  } catch (cause) {
    process.stderr.write(`no browser: ${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)}\n`);
    return null;
  }
}

async function executable(): Promise<string> {
  const installed = [process.env.COWLAB_CHROMIUM ?? '', ...INSTALLED].find((path) => path !== '' && existsSync(path));
  return installed ?? (await import('@sparticuz/chromium')).default.executablePath();
}

export interface Opened {
  readonly page: Page;
  /** What went wrong in the page, and what its policy refused. */
  readonly problems: string[];
  /** Addresses that it asked for beside its own. */
  readonly requests: string[];
}

/** The page from a file, as somebody gets it by mail. */
export async function openFile(
  browser: Browser,
  path: string,
  fragment = '',
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({ offline: true, locale: 'en-US', ...options });
  const page = await context.newPage();
  const opened: Opened = { page, problems: [], requests: [] };
  page.on('pageerror', (error) => opened.problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') opened.problems.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith('file:') && !request.url().startsWith('blob:')) opened.requests.push(request.url());
  });
  await page.goto(pathToFileURL(path).href + fragment);
  await page.locator('#app .top').waitFor();
  return opened;
}
