import type { ArgumentKindName } from './argument-kinds.ts';

/** A command as a model may write it. */
interface CommandWord {
  /** The kinds of its arguments in their order. */
  readonly arguments: readonly ArgumentKindName[];
  /** The last kind may be repeated. */
  readonly repeats?: true;
  /** It gives addresses, and stands on the right of `@variable =`. */
  readonly gives?: 'addresses';
  /** It works on the subscribers of a list. */
  readonly onList?: true;
  readonly meaning: string;
}

/** Every command of task models. The reference page is made from this table. */
export const commandWords = {
  stop: { arguments: [], meaning: 'Ends the task.' },
  next: { arguments: ['date', 'label'], meaning: 'Ends this run; the next one starts at that time there.' },
  create: {
    arguments: ['object', 'name', 'name'],
    meaning:
      'Makes a task of a model and version, due at once; one of the same model that is there stays. A task of a list makes tasks of that list only.',
  },
  exec: {
    arguments: ['words'],
    repeats: true,
    meaning:
      'Runs a program, without a shell; the arguments that follow are handed over as they are, what it writes goes nowhere. After ten minutes, or when the run is broken off, it and what it started get SIGTERM, and SIGKILL five seconds later. Refused unless `task_exec_programs` names it.',
  },
  select_subs: {
    arguments: ['condition'],
    gives: 'addresses',
    onList: true,
    meaning: 'Gives the subscribers whose subscription last changed before or after a time.',
  },
  delete_subs: {
    arguments: ['variable'],
    gives: 'addresses',
    onList: true,
    meaning:
      'Ends subscriptions where the scenario `del` of the list lets the listmaster do so; gives those that it ended.',
  },
  send_msg: {
    arguments: ['variable', 'name'],
    onList: true,
    meaning: 'Sends each address of a selection the service mail of that name, once a run.',
  },
  expire_bounce: {
    arguments: ['days'],
    meaning:
      'Forgets the bounces of subscribers whose last one came so many days before the last post of their list, and single reports that are older than that.',
  },
  sync_include: {
    arguments: [],
    onList: true,
    meaning:
      'Reads the data sources of a list, and makes its subscribers, owners and editors those whom they name, beside those who are so by themselves. A source that cannot be read fails no task: it keeps those whom it named.',
  },
  purge_user_table: {
    arguments: [],
    meaning: 'Forgets name and language of persons who are subscribed nowhere and answer for no list.',
  },
  purge_logs_table: {
    arguments: [],
    meaning:
      'Forgets messages that are settled, after `logs_expiration_period`; archived ones stay in their archive.',
  },
  purge_session_table: {
    arguments: [],
    meaning: 'Ends old sessions of the web. This service keeps none in its database: the log says so.',
  },
  purge_spools: {
    arguments: [],
    meaning:
      'Forgets what only recognises something that came before, counts, and keys that ended. What is in quarantine stays until the operator drops it.',
  },
  purge_tables: {
    arguments: [],
    meaning: 'Forgets, 90 days after a post went out, what became of it for each recipient.',
  },
  purge_one_time_ticket_table: {
    arguments: [],
    meaning:
      'Forgets old tickets of the web. This service keeps none in its database: the log says so. Keys of requests are among what `purge_spools` forgets.',
  },
  purge_orphan_bounces: {
    arguments: [],
    meaning: 'Forgets bounces of those who are not subscribed any more.',
  },
  eval_bouncers: {
    arguments: [],
    meaning:
      'Scores bouncing subscribers from 0 to 100, and warns the owners of lists where `bounce.warn_rate` is reached.',
  },
  process_bouncers: {
    arguments: [],
    meaning:
      'Does with subscribers of each level what `bouncers_level1` and `bouncers_level2` of their list say: removes them, writes to them, tells owners or listmasters.',
  },
  chk_cert_expiration: {
    arguments: ['name', 'date or duration'],
    meaning:
      'Warns of certificates in use that end before that time or have ended, each once a stage, and retires those that have ended.',
  },
  update_crl: {
    arguments: ['name', 'date or duration'],
    meaning:
      'Fetches the revocation lists whose URLs stand in that file, and those of the trusted issuers, where they end before that time.',
  },
} as const satisfies Readonly<Record<string, CommandWord>>;

/** Commands of Sympa that a model may not have here, each with the reason. */
export const refusedWords: Readonly<Record<string, string>> = {
  rm_file: 'variables hold addresses here, and no address has a file',
};

export type CommandName = keyof typeof commandWords;

/** Gives a command by its name, in whatever case. */
export function commandNamed(text: string): CommandName | undefined {
  const name = text.toLowerCase();
  return Object.hasOwn(commandWords, name) ? (name as CommandName) : undefined;
}

/** Gives what the table says of a command. */
export function wordOf(name: CommandName): CommandWord {
  return commandWords[name];
}
