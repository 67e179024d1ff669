import { describe, expect, it } from '@jest/globals';
import { parseHTML } from 'linkedom';
import { experiment } from '../sweep/experiment.ts';
import { powers } from '../sweep/parameters.ts';
import { runExperiment } from '../sweep/run-experiment.ts';
import { sweepChart } from './sweep-chart.ts';

/** What is asked of a page here. */
interface Page {
  readonly document: {
    querySelectorAll(selector: string): Iterable<{ readonly textContent: string }> & { readonly length: number };
  };
}

const table = () =>
  runExperiment(
    experiment({ question: 'What do <pinned> pages cost?', lanes: 'linux-5.7,linux-5.9-rc5,linux-5.9',
      sweep: { pinned: powers(4, 64) }, measure: ['pagesCopiedAtFork', 'ptesVisited'],
      scenario: 'question x\nmmap 0 0 anon 64\nmlock 0 0 0 64\npin 0 0 0 0 ${pinned}\nfork 0 1' }),
  );

describe('a chart of a sweep', () => {
  it('is an SVG with a line for each lane, those that coincide as one, and a dot for each row of it', async () => {
    const svg = await sweepChart(await table());
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
    const { document } = parseHTML(`<body>${svg}</body>`) as unknown as Page;
    const texts = [...document.querySelectorAll('text')].map(({ textContent }) => textContent);
    expect(texts).toEqual(
      expect.arrayContaining(['What do <pinned> pages cost?', 'linux-5.7, linux-5.9-rc5', 'linux-5.9', '4', '64']),
    );
    expect(document.querySelectorAll('g[aria-label="line"] path')).toHaveLength(2);
    // Two of them are the legend's.
    expect(document.querySelectorAll('circle')).toHaveLength(2 + 2 * 5);
  });

  it('is the same each time', async () => {
    expect(await sweepChart(await table())).toBe(await sweepChart(await table()));
  });

  it('has the measure and the parameter that are asked for, and no others', async () => {
    expect(await sweepChart(await table(), { y: 'ptesVisited' })).toContain('ptesVisited');
    await expect(table().then((known) => sweepChart(known, { y: 'ptesVisted' }))).rejects.toThrow(
      "chart, y: there is no 'ptesVisted'; did you mean 'ptesVisited'?",
    );
  });
});
