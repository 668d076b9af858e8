import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { templatesReference } from './reference.ts';

it('the reference page of service mail says what the tables say', () => {
  const page = resolve(import.meta.dirname, '../../docs/reference/templates.md');
  expect(readFileSync(page, 'utf8')).toBe(templatesReference());
});
