import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parseScenario } from './parse.ts';
import { scenarioReference } from './reference.ts';
import { titleOf } from './title.ts';

const root = resolve(import.meta.dirname, '../..');

it('the reference page of scenarios says what the tables and the shipped files say', () => {
  const folder = join(root, 'defaults/scenari');
  const shipped = readdirSync(folder).map((file) => {
    const dot = file.indexOf('.');
    const source = { file, function: file.slice(0, dot), name: file.slice(dot + 1) };
    const scenario = parseScenario(readFileSync(join(folder, file), 'utf8'), source);
    return { function: source.function, name: source.name, title: titleOf(scenario, ['en']) };
  });
  const page = readFileSync(join(root, 'docs/reference/scenarios.md'), 'utf8');
  expect(page).toBe(scenarioReference(shipped));
});
