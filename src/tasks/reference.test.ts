import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { commandWords } from './command-words.ts';

it('the reference page of tasks names every command', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/reference/tasks.md'), 'utf8');
  for (const name of Object.keys(commandWords)) expect(page).toContain(`${name} (`);
});
