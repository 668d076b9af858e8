/** One small wrong change of a source file. */
export interface Mutant {
  /** Counts from 1. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** What was changed, for a person. */
  readonly text: string;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

const operators: readonly (readonly [from: string, to: string])[] = [
  [' === ', ' !== '],
  [' !== ', ' === '],
  [' < ', ' <= '],
  [' <= ', ' < '],
  [' > ', ' >= '],
  [' >= ', ' > '],
  [' && ', ' || '],
  [' || ', ' && '],
];

/** Verdicts, and what a slip of the hand would make of them. */
const literals: Readonly<Record<string, string>> = {
  "'valid'": "'invalid'",
  "'invalid'": "'valid'",
  "'untrusted'": "'valid'",
  "'good'": "'bad'",
  "'bad'": "'good'",
  "'opened'": "'failed'",
  "'failed'": "'not-for-us'",
  "'not-for-us'": "'failed'",
  "'key-unavailable'": "'failed'",
  "'smime'": "'smtp'",
  "'smtp'": "'smime'",
  "'none'": "'valid'",
  true: 'false',
  false: 'true',
};

/** Lines that are gone when the program runs, or that hold words for people. */
const silentLine = /^\s*(?:import\b|export type\b|export \{|type\b|readonly\b|\||\*|\/\*|\/\/|meaning:)/;

/** Makes every mutant of a source: conditions negated, comparisons changed, guards taken out, verdicts exchanged. */
export function mutantsOf(source: string): readonly Mutant[] {
  const code = withoutComments(source);
  const edits = [
    ...operatorEdits(code),
    ...literalEdits(code),
    ...conditionsOf(code).flatMap((condition) => conditionEdits(code, condition)),
  ];
  return edits
    .filter(({ start }) => !silentLine.test(lineAt(code, start)))
    .sort((a, b) => a.start - b.start)
    .map((edit) => ({
      ...edit,
      line: code.slice(0, edit.start).split('\n').length,
      text: textOf(source, edit),
    }));
}

function textOf(source: string, { start, end, replacement }: Edit): string {
  const short = (text: string) => text.trim().replaceAll(/\s+/g, ' ').slice(0, 90);
  return `${short(source.slice(start, end))}  =>  ${short(replacement) || 'nothing'}`;
}

/** Blanks take the place of comments, so that positions stay. */
function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/[^\n]*/g, (comment) =>
    comment.replaceAll(/[^\n]/g, ' '),
  );
}

function lineAt(code: string, position: number): string {
  const end = code.indexOf('\n', position);
  return code.slice(code.lastIndexOf('\n', position - 1) + 1, end < 0 ? code.length : end);
}

function operatorEdits(code: string): readonly Edit[] {
  return operators.flatMap(([from, to]) =>
    positionsOf(code, from).map((start) => ({ start, end: start + from.length, replacement: to })),
  );
}

function literalEdits(code: string): readonly Edit[] {
  return [...code.matchAll(/'[\w-]+'|(?<![\w'])(?:true|false)(?![\w'])/g)].flatMap(({ 0: word, index }) => {
    const replacement = literals[word];
    return replacement === undefined ? [] : [{ start: index, end: index + word.length, replacement }];
  });
}

function positionsOf(code: string, needle: string): readonly number[] {
  const positions: number[] = [];
  for (let at = code.indexOf(needle); at >= 0; at = code.indexOf(needle, at + 1)) positions.push(at);
  return positions;
}

/** Where the condition of an `if` stands, parentheses included. */
interface Condition {
  readonly keyword: number;
  readonly start: number;
  readonly end: number;
}

function conditionsOf(code: string): readonly Condition[] {
  return positionsOf(code, 'if (').map((keyword) => {
    const start = keyword + 3;
    let depth = 0;
    let end = start;
    do {
      if (code[end] === '(') depth += 1;
      if (code[end] === ')') depth -= 1;
      end += 1;
    } while (depth > 0);
    return { keyword, start, end };
  });
}

function conditionEdits(code: string, { keyword, start, end }: Condition): readonly Edit[] {
  const negated = { start, end, replacement: `(!${code.slice(start, end)})` };
  const guard = /^\s*(?:return|throw|continue|break)\b[^;]*;/.exec(code.slice(end));
  if (guard === null || code.slice(keyword - 5, keyword) === 'else ') return [negated];
  return [negated, { start: keyword, end: end + guard[0].length, replacement: '' }];
}
