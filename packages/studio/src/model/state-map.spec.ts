import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ask, parseRace, parseSchedule, type StateGraph, stateGraph } from '@cowlab/checker';
import { catalogueOf } from '@cowlab/composition';
import { checkRace, chooseRaceLanes } from '@cowlab/experiments/check';
import { lostAt, stateMap, wayOnMap } from './state-map.ts';

const FILE = new URL('../../../../examples/races/merged-5.9.race', import.meta.url);
const race = parseRace(readFileSync(FILE, 'utf8'), 'merged-5.9');
const lanes = await chooseRaceLanes('linux-5.9,linux-5.11', race, { catalogue: await catalogueOf({}), policies: null,
  configFile: null });

const graphOf = (lane: (typeof lanes)[number]): StateGraph =>
  stateGraph(ask(race, lane.policy), 'sc', 100_000) as StateGraph;

describe('the orders of fork() and a fast GUP on a plane', () => {
  it('hold no matter how, on a kernel in which they do', () => {
    const { counts } = stateMap(graphOf(lanes[1]), 0, 1);
    expect(counts).toMatchObject({ open: 0, broken: 0 });
  });

  it('are open at the beginning where they can break, and lost from one step of the trail on', () => {
    const graph = graphOf(lanes[0]);
    const map = stateMap(graph, 0, 1);
    expect(map.cells[0]).toMatchObject({ x: 0, y: 0, fate: 'open', states: 1 });
    expect(map.cells.reduce((sum, { states }) => sum + states, 0)).toBe(graph.states);
    const { trail } = checkRace(race, lanes[0], { memory: 'sc', explorer: 'bfs' });
    const schedule = parseSchedule(trail?.schedule ?? '', 2);
    const way = wayOnMap(graph, schedule, 0, 1);
    expect(way).toHaveLength(schedule.length + 1);
    const lost = lostAt(way);
    expect(lost).toBeGreaterThan(0);
    expect(way.slice(lost).every(({ fate }) => fate === 'broken')).toBe(true);
    expect(way.slice(0, lost).every(({ fate }) => fate === 'open')).toBe(true);
  });

  it('has a row for each step of one and a column for each of the other, whichever is taken', () => {
    const graph = graphOf(lanes[0]);
    const [one, other] = [stateMap(graph, 0, 1), stateMap(graph, 1, 0)];
    expect([one.width, one.height]).toEqual([other.height, other.width]);
    expect(graph.actors.map(({ steps }) => steps.length)).toEqual([one.width - 1, one.height - 1]);
  });
});
