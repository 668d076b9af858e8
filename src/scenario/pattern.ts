import { RE2JS } from 're2js';

/** A regular expression of a rule, ready to be asked. */
export type Pattern = (text: string, domain: string) => boolean;

/** Domains that a pattern with `[domain]` is kept compiled for. */
const maxKeptDomains = 64;

/** Characters of one pattern. */
const maxPatternLength = 2_000;

const domainWord = /\[(?:domain|host)\]/g;

/**
 * Compiles a regular expression: case never counts, matching takes time linear in the text. `[domain]` and `[host]`
 * inside stand for the mail domain, literally.
 *
 * @throws Error with the engine's own words for a faulty pattern, or for what it lacks: look-around, back references
 */
export function compilePattern(source: string): Pattern {
  if (source.length > maxPatternLength) throw new Error(`it is longer than ${maxPatternLength} characters`);
  if (source === '') return () => false;
  if (source.search(domainWord) === -1) {
    const regex = compile(source);
    return (text) => regex.test(text);
  }
  return patternByDomain(source);
}

function patternByDomain(source: string): Pattern {
  const kept = new Map<string, RE2JS>();
  const forDomain = (domain: string): RE2JS => {
    const known = kept.get(domain);
    if (known) return known;
    const regex = compile(source.replaceAll(domainWord, () => RE2JS.quote(domain)));
    if (kept.size >= maxKeptDomains) kept.delete(kept.keys().next().value!);
    kept.set(domain, regex);
    return regex;
  };
  forDomain('example.org');
  return (text, domain) => forDomain(domain).test(text);
}

function compile(source: string): RE2JS {
  return RE2JS.compile(withPerlEnds(source), RE2JS.CASE_INSENSITIVE);
}

/** One step through a pattern: an escape, a character class with its named classes, or one character. */
const patternStep = /\\.|\[\^?\]?(?:\\.|\[:\w*:\]|[^\]\\])*\]|./gs;

/**
 * `$` of Perl also stands in front of a line end that ends the text, as a body always does; that of the engine does not.
 * A pattern that sets flags, or quotes with `\Q`, is left as it is.
 */
function withPerlEnds(source: string): string {
  if (!source.includes('$') || /\\Q|\(\?[a-zA-Z-]+[):]/.test(source)) return source;
  return source.replaceAll(patternStep, (step) => (step === '$' ? '(?:\\r?\\n)?\\z' : step));
}
