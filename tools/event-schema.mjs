// The shape of what a log holds, as zod schemas: made of the tables that the lab's own reader checks logs by, so that an
// event under --json and an event in a kept log are one thing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { root } from './workspace.mjs';

const tables = join(root, 'packages/runtime/dist/log');
if (!existsSync(tables)) throw new Error('packages/runtime is not built; run node tools/build.mjs');
const load = (name) => import(pathToFileURL(join(tables, name)).href);
const { EVENT_SHAPES } = await load('event-shapes.js');
const { COMMAND_SHAPES } = await load('command-shapes.js');

/** Numbers are whole, and what they may be is the model's business; a list names the words that a field may hold. */
function field(role) {
  if (role === 'boolean') return z.boolean();
  if (Array.isArray(role)) return z.enum(role);
  if (typeof role === 'object') return field(role.optional).optional();
  return role === 'bytes' ? z.number() : z.int();
}

const messages = (shapes, id) =>
  z.discriminatedUnion('type', Object.entries(shapes).map(([type, fields]) =>
    z.strictObject({ type: z.literal(type),
      ...Object.fromEntries(Object.entries(fields).map(([name, role]) => [name, field(role)])) })
  )).meta({ id });

export const event = messages(EVENT_SHAPES, 'event');
export const command = messages(COMMAND_SHAPES, 'command');
export const refusal = z.strictObject({ ok: z.literal(false), errno: z.string(), why: z.string() });
export const entry = z.strictObject({ position: z.int(), command, events: z.array(event),
  result: z.discriminatedUnion('ok', [z.strictObject({ ok: z.literal(true), value: z.int() }), refusal]) });
