import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseScenario } from '@cowlab/scenario';
import { suiteFolder } from '../suite/suite-files.ts';
import { cowSuiteTexts } from './texts.ts';

const FOLDER = suiteFolder('cow');
const texts = cowSuiteTexts();

describe('the files of the suite cow', () => {
  it('are what the tables make (COWLAB_DOCS=update rewrites them)', () => {
    if (process.env.COWLAB_DOCS === 'update') {
      rmSync(FOLDER, { recursive: true, force: true });
      mkdirSync(FOLDER, { recursive: true });
      for (const [name, text] of texts) writeFileSync(join(FOLDER, name), text);
    }
    const here = new Map(readdirSync(FOLDER).sort().map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]));
    expect([...here.keys()]).toEqual([...texts.keys()].sort());
    for (const [name, text] of texts) expect(here.get(name)).toBe(text);
  });

  it('are scenarios, each of its own', () => {
    const programs = [...texts].map(([name, text]) => JSON.stringify(parseScenario(text, name).program));
    expect(new Set(programs).size).toBe(programs.length);
  });
});
