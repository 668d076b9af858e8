import type { TemplateValue } from './mail-templates.ts';

/** Marks, embeddings, overrides and isolates of the bidirectional algorithm, and separators that break a line unseen. */
const turning = /[\u{61c}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{2028}\u{2029}]/gu;

/** Shows characters that turn the order of what is read as `\u{202e}`, so that no name or Subject looks like another. */
export function visibleText(text: string): string {
  return text.replace(turning, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** Does the same in all texts of a value. */
export function visibleValue(value: TemplateValue): TemplateValue {
  if (typeof value === 'string') return visibleText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(visibleValue);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, visibleValue(one)]));
}
