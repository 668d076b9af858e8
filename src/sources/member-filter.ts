import { SourcesError } from './error.ts';

/** Somebody of a list who may be let through. */
export interface FilteredMember {
  readonly address: string;
  readonly gecos: string | null;
}

/** A question to a list about somebody: `isOwnerOf('LIST')`. */
export interface RoleQuestion {
  readonly role: 'subscriber' | 'owner' | 'editor';
  /** As it stands there. */
  readonly list: string;
}

/** Answers it. */
export type HasRole = (question: RoleQuestion, address: string) => boolean;

/** Which members of a list are let through. */
export interface MemberFilter {
  /** What has to be known to answer. */
  readonly questions: readonly RoleQuestion[];
  lets(member: FilteredMember, hasRole: HasRole): boolean;
}

type Test = MemberFilter['lets'];

const maxLength = 2_000;
const maxDepth = 50;

const tokenForm = /\s*(?:(&&|\|\||!=|==|[()!])|'([^']*)'|"([^"]*)"|([A-Za-z_]\w*))/y;

const roles: Readonly<Record<string, RoleQuestion['role']>> = {
  issubscriberof: 'subscriber',
  isownerof: 'owner',
  iseditorof: 'editor',
};

const fields: Readonly<Record<string, (member: FilteredMember) => string>> = {
  email: ({ address }) => address,
  domain: ({ address }) => address.slice(address.lastIndexOf('@') + 1),
  gecos: ({ gecos }) => gecos ?? '',
};

interface Token {
  readonly kind: 'sign' | 'text' | 'word';
  readonly value: string;
}

/**
 * Reads the filter of `include_sympa_list`: `isSubscriberOf('LIST')`, `isOwnerOf`, `isEditorOf`, and `email`, `domain` or
 * `gecos` compared with `==` or `!=`; `NOT`, `AND`, `OR` and parentheses between.
 *
 * @throws SourcesError `source-bad-parameter`
 */
export function parseMemberFilter(text: string): MemberFilter {
  const parser = new Parser(tokensOf(text));
  const lets = parser.whole();
  return { questions: parser.questions, lets };
}

function tokensOf(text: string): readonly Token[] {
  if (text.length > maxLength) throw fault();
  const whole = text.trim();
  const tokens: Token[] = [];
  tokenForm.lastIndex = 0;
  while (tokenForm.lastIndex < whole.length) {
    const match = tokenForm.exec(whole);
    if (!match) throw fault();
    const [, sign, single, double, word] = match;
    if (sign !== undefined) tokens.push({ kind: 'sign', value: sign });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word.toLowerCase() });
    else tokens.push({ kind: 'text', value: single ?? double ?? '' });
  }
  return tokens;
}

class Parser {
  readonly questions: RoleQuestion[] = [];
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Test {
    const test = this.#either();
    if (this.#at < this.#tokens.length) throw fault();
    return test;
  }

  #either(): Test {
    const tests = [this.#both()];
    while (this.#takes('or', '||')) tests.push(this.#both());
    return (member, hasRole) => tests.some((test) => test(member, hasRole));
  }

  #both(): Test {
    const tests = [this.#one()];
    while (this.#takes('and', '&&')) tests.push(this.#one());
    return (member, hasRole) => tests.every((test) => test(member, hasRole));
  }

  #one(): Test {
    if (++this.#depth > maxDepth) throw fault();
    const test = this.#takes('not', '!') ? not(this.#one()) : this.#simple();
    this.#depth--;
    return test;
  }

  #simple(): Test {
    if (this.#takes('(')) {
      const inside = this.#either();
      this.#must(')');
      return inside;
    }
    const { kind, value } = this.#next();
    if (kind !== 'word') throw fault();
    if (Object.hasOwn(roles, value)) return this.#role(roles[value]!);
    if (Object.hasOwn(fields, value)) return this.#comparison(fields[value]!);
    throw fault();
  }

  #role(role: RoleQuestion['role']): Test {
    this.#must('(');
    const question = { role, list: this.#text().toLowerCase() };
    this.#must(')');
    this.questions.push(question);
    return ({ address }, hasRole) => hasRole(question, address);
  }

  #comparison(field: (member: FilteredMember) => string): Test {
    const { value: sign } = this.#next();
    if (sign !== '==' && sign !== '!=') throw fault();
    const text = this.#text().toLowerCase();
    const isEqual: Test = (member) => field(member).toLowerCase() === text;
    return sign === '==' ? isEqual : not(isEqual);
  }

  #text(): string {
    const { kind, value } = this.#next();
    if (kind !== 'text') throw fault();
    return value;
  }

  #next(): Token {
    const token = this.#tokens[this.#at++];
    if (!token) throw fault();
    return token;
  }

  #takes(...values: readonly string[]): boolean {
    const token = this.#tokens[this.#at];
    if (!token || token.kind === 'text' || !values.includes(token.value)) return false;
    this.#at++;
    return true;
  }

  #must(value: string): void {
    if (!this.#takes(value)) throw fault();
  }
}

function not(test: Test): Test {
  return (member, hasRole) => !test(member, hasRole);
}

function fault(): SourcesError {
  return new SourcesError('source-bad-parameter', 'the filter has not the form that is offered', {
    hint: "for example: isSubscriberOf('other') AND NOT domain == 'example.org'",
  });
}
