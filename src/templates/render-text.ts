import { Liquid } from 'liquidjs';
import type { Catalogue } from './catalogue.ts';
import { TemplateError } from './error.ts';
import type { TemplateFile } from './find-template.ts';
import type { TemplateValue } from './mail-templates.ts';
import { visibleValue } from './visible-text.ts';

/** Subject and text of a service mail. */
export interface RenderedText {
  /** One line. */
  readonly subject: string;
  /** LF line ends, the last one included. */
  readonly text: string;
}

const parseLimit = 131_072;
/** Time on the wall, not of the processor: a machine under load must not reach it with what is ours. */
const renderLimitMs = 5_000;
const memoryLimit = 4_000_000;

/** How LiquidJS says that `renderLimit` was reached; it has no code for it. */
const tooSlow = 'template render limit exceeded';

/** Characters of a Subject; what is beyond is cut. */
const maxSubjectLength = 500;

/**
 * Renders a template: a line `Subject: …`, an empty line, the text. A variable cannot add a header field, nor a
 * template read a file or run code.
 *
 * @throws TemplateError `template-faulty`, `template-too-slow`
 */
export function renderText(
  file: TemplateFile,
  variables: Readonly<Record<string, TemplateValue>>,
  catalogue: Catalogue,
): RenderedText {
  const match = /^\u{feff}?Subject:[ \t]*([^\r\n]+)\r?\n[ \t]*\r?\n/u.exec(file.text);
  if (!match) throw faulty(file, 'the first line is not "Subject: …", followed by an empty one', 1);
  const liquid = engine(catalogue);
  const body = file.text.slice(match[0].length);
  const linesAbove = match[0].split('\n').length - 1;
  return {
    subject: oneLine(render(liquid, file, match[1]!, variables, 0)),
    text: plainText(render(liquid, file, body, variables, linesAbove)),
  };
}

/**
 * Renders one text of a catalogue with its values.
 *
 * @param source `{{ list }} has {{ count }} subscribers.`
 * @returns lines, LF between them
 * @throws TemplateError `template-faulty`, `template-too-slow`
 */
export function renderPhrase(
  source: string,
  values: Readonly<Record<string, TemplateValue>>,
  catalogue: Catalogue,
  file: string,
): string {
  return plainText(render(engine(catalogue), { path: file, text: source }, source, values, 0)).trimEnd();
}

function engine(catalogue: Catalogue): Liquid {
  const liquid = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    lenientIf: true,
    // In-memory partials, of which there are none: `include` and `render` cannot reach the disk.
    templates: {},
    timezoneOffset: 0,
    locale: 'en-GB',
    parseLimit,
    renderLimit: renderLimitMs,
    memoryLimit,
  });
  liquid.registerFilter('day', (value: unknown) => momentOf(value)?.slice(0, 10) ?? '');
  liquid.registerFilter('moment', (value: unknown) => {
    const moment = momentOf(value);
    return moment === undefined ? '' : `${moment.slice(0, 10)} ${moment.slice(11, 16)} UTC`;
  });
  liquid.registerFilter('text_of', (key: unknown, section: unknown) =>
    catalogue.text(String(section), key === null || key === undefined ? null : String(key)),
  );
  return liquid;
}

/** RFC 3339 §5.6, for a time in milliseconds since 1970. */
function momentOf(value: unknown): string | undefined {
  if (typeof value !== 'number' || !(Math.abs(value) <= 8.64e15)) return undefined;
  return new Date(value).toISOString();
}

function render(
  liquid: Liquid,
  file: TemplateFile,
  source: string,
  variables: Readonly<Record<string, TemplateValue>>,
  linesAbove: number,
): string {
  try {
    return liquid.parseAndRenderSync(source, visibleValue(variables) as object) as string;
  } catch (error) {
    const line = (error as { token?: { getPosition?: () => number[] } }).token?.getPosition?.()[0] ?? 1;
    const why = error instanceof Error ? error.message.split('\n')[0]! : 'it cannot be rendered';
    if (why.startsWith(tooSlow)) throw slow(file, linesAbove + line, error);
    throw faulty(file, why, linesAbove + line, error);
  }
}

/** The limit is one of wall time, so that a busy machine reaches it with a template that is in order. */
function slow(file: TemplateFile, line: number, cause: unknown): TemplateError {
  const why = `a template was not rendered within ${renderLimitMs} ms`;
  return new TemplateError('template-too-slow', why, { place: { file: file.path, line }, cause });
}

function faulty(file: TemplateFile, why: string, line: number, cause?: unknown): TemplateError {
  return new TemplateError('template-faulty', `a template cannot be used: ${why}`, {
    place: { file: file.path, line },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** RFC 5322 §2.2: neither CR, LF nor NUL may reach a field body. */
function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return [...line].slice(0, maxSubjectLength).join('');
}

/** Keeps line ends and tabs of all control characters, and at most one empty line at a time. */
function plainText(text: string): string {
  const lines = text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .replace(/\n{3,}/g, '\n\n');
  return `${lines.trim()}\n`;
}
