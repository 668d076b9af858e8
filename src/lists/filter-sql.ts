import { ConfigError } from '../config/error.ts';
import { ParameterGroup } from '../config/parameter.ts';
import { count, secret, text, word } from '../config/value-types.ts';
import { readFilterFile } from './filter-lines.ts';
import { askPostgres } from './filter-postgres.ts';
import { askSqlite } from './filter-sqlite.ts';
import { type FilterQuery, sqlTemplate, type TemplatePiece, variablesOf } from './filter-template.ts';

const group = new ParameterGroup('Named filters');

const sqlShape = {
  sql_named_filter_query: group.paragraph(
    {
      db_type: group.required(word, 'SQLite or PostgreSQL.'),
      db_name: group.required(text, 'Name of the database, or its file.'),
      db_host: group.value(text, 'localhost', 'The database server.', { aliases: ['host'] }),
      db_port: group.value(count(1, 65_535), '5432', 'Its port.'),
      db_user: group.optional(text, 'The user to log in as.', { aliases: ['user'] }),
      db_passwd: group.optional(secret, 'The password to log in with.', { aliases: ['passwd'] }),
      statement: group.required(text, 'The query.'),
    },
    'A query of which the first value of the first row is the answer.',
  ),
} as const;

type SqlValues = ReturnType<typeof readFilterFile<typeof sqlShape>>['values']['sql_named_filter_query'];

/** What a kind of database needs. */
interface Engine {
  readonly placeholder: (index: number) => string;
  ask(
    values: SqlValues,
    statement: string,
    parameters: readonly string[],
    resolve: (path: string) => string,
  ): Promise<boolean>;
}

const sqlite: Engine = {
  placeholder: (index) => `?${index}`,
  ask: ({ db_name: file }, statement, parameters, resolve) =>
    askSqlite({ file: resolve(file), statement, parameters }),
};

const postgres: Engine = {
  placeholder: (index) => `$${index}`,
  ask: (
    { db_host: host, db_port: port, db_name: database, db_user: user, db_passwd },
    statement,
    parameters,
  ) => askPostgres({ host, port, database, user, password: db_passwd }, statement, parameters),
};

const engines: Readonly<Record<string, Engine>> = {
  sqlite,
  postgresql: postgres,
  pg: postgres,
};

/**
 * Reads a `.sql` file.
 *
 * @param resolve makes the path of a SQLite database absolute
 * @returns true where the first value of the first row is neither null, empty, zero nor false
 * @throws ConfigError with every fault of the file
 */
export function parseSqlFilter(text: string, file: string, resolve: (path: string) => string): FilterQuery {
  const { values, places } = readFilterFile(text, file, sqlShape);
  const query = values.sql_named_filter_query;
  const placeOf = (name: string) => places.get(`sql_named_filter_query.${name}`);
  const kind = query.db_type.toLowerCase();
  const engine = Object.hasOwn(engines, kind) ? engines[kind] : undefined;
  if (!engine) {
    const place = placeOf('db_type');
    const message = `db_type ${query.db_type} is not offered: SQLite and PostgreSQL are`;
    throw new ConfigError('bad-value', message, { ...(place && { place }) });
  }
  const pieces = sqlTemplate(query.statement, placeOf('statement'));
  const { statement, parameters } = statementOf(pieces, engine);
  return {
    variables: variablesOf(pieces),
    ask: (given) =>
      engine.ask(
        query,
        statement,
        parameters.map((path) => given.get(path) ?? ''),
        resolve,
      ),
  };
}

/** Each place has a parameter of its own: PostgreSQL gives it the type that the place wants. */
function statementOf(pieces: readonly TemplatePiece[], { placeholder }: Engine) {
  const parameters: string[] = [];
  const texts = pieces.map((piece) => {
    if ('text' in piece) return piece.text;
    parameters.push(piece.variable);
    return ` ${placeholder(parameters.length)} `;
  });
  return { statement: texts.join(''), parameters };
}
