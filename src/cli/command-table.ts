import type { Command } from 'commander';
import type { CliIo } from './io.ts';

/** Makes one command of the program. */
export type MakeCommand = (io: CliIo) => Command;

/** A command, whose module is loaded only when it is called. */
export interface CommandEntry {
  readonly summary: string;
  load(): Promise<MakeCommand>;
}

/** Commands under a common name: `ssympa list create`, `ssympa list key show`. */
export interface CommandGroup {
  readonly summary: string;
  readonly commands: Readonly<Record<string, CommandEntry | CommandGroup>>;
}

/** Every command of the program. */
export const commandTable: Readonly<Record<string, CommandEntry | CommandGroup>> = {
  init: {
    summary: 'make a site',
    load: async () => (await import('./init.ts')).initCommand,
  },
  start: {
    summary: 'run the daemon',
    load: async () => (await import('./start.ts')).startCommand,
  },
  queue: {
    summary: 'take a message from the pipe of an MTA',
    load: async () => (await import('./queue.ts')).queueCommand,
  },
  list: {
    summary: 'make, show and configure lists',
    commands: {
      create: {
        summary: 'make a list',
        load: async () => (await import('./list-create.ts')).listCreateCommand,
      },
      show: {
        summary: 'show a list, or all',
        load: async () => (await import('./list-show.ts')).listShowCommand,
      },
      close: {
        summary: 'close a list',
        load: async () => (await import('./list-status.ts')).listCloseCommand,
      },
      open: {
        summary: 'open a list that is closed or pending',
        load: async () => (await import('./list-status.ts')).listOpenCommand,
      },
      move: {
        summary: 'rename a list',
        load: async () => (await import('./list-move.ts')).listMoveCommand,
      },
      sync: {
        summary: 'read the data sources of a list now',
        load: async () => (await import('./list-sync.ts')).listSyncCommand,
      },
      config: {
        summary: 'show or set parameters of a list',
        load: async () => (await import('./list-config.ts')).listConfigCommand,
      },
      bounces: {
        summary: 'list the subscribers whose mail comes back',
        load: async () => (await import('./list-bounces.ts')).listBouncesCommand,
      },
      key: {
        summary: 'make, install, show and retire keys of lists',
        commands: {
          generate: {
            summary: 'make a key and a certification request',
            load: async () => (await import('./list-key-generate.ts')).listKeyGenerateCommand,
          },
          csr: {
            summary: 'write the certification request that waits',
            load: async () => (await import('./list-key-generate.ts')).listKeyCsrCommand,
          },
          install: {
            summary: 'install the certificate of the key that waits',
            load: async () => (await import('./list-key-install.ts')).listKeyInstallCommand,
          },
          show: {
            summary: 'show the keys of a list',
            load: async () => (await import('./list-key-show.ts')).listKeyShowCommand,
          },
          smimea: {
            summary: 'write the SMIMEA records of the certificates of a list',
            load: async () => (await import('./list-key-smimea.ts')).listKeySmimeaCommand,
          },
          retire: {
            summary: 'retire a key: it decrypts and does nothing else',
            load: async () => (await import('./list-key-retire.ts')).listKeyRetireCommand,
          },
        },
      },
    },
  },
  subscriber: {
    summary: 'add, delete and list subscribers',
    commands: {
      add: {
        summary: 'subscribe addresses',
        load: async () => (await import('./subscriber-add.ts')).subscriberAddCommand,
      },
      del: {
        summary: 'unsubscribe addresses',
        load: async () => (await import('./subscriber-del.ts')).subscriberDelCommand,
      },
      list: {
        summary: 'list the subscribers',
        load: async () => (await import('./subscriber-list.ts')).subscriberListCommand,
      },
      erase: {
        summary: 'erase what is kept of a person',
        load: async () => (await import('./subscriber-erase.ts')).subscriberEraseCommand,
      },
      import: {
        summary: 'subscribe the addresses of a file',
        load: async () => (await import('./subscriber-import.ts')).subscriberImportCommand,
      },
    },
  },
  p12topem: {
    summary: 'install certificate and key of a PKCS#12 file for a list',
    load: async () => (await import('./p12topem.ts')).p12topemCommand,
  },
  certificate: {
    summary: 'keep, confirm and check certificates',
    commands: {
      list: {
        summary: 'list certificates of persons',
        load: async () => (await import('./certificate-list.ts')).certificateListCommand,
      },
      show: {
        summary: 'show certificates of a file or a person',
        load: async () => (await import('./certificate-show.ts')).certificateShowCommand,
      },
      import: {
        summary: 'keep certificates of a person',
        load: async () => (await import('./certificate-import.ts')).certificateImportCommand,
      },
      export: {
        summary: 'write the certificates of a person as PEM',
        load: async () => (await import('./certificate-show.ts')).certificateExportCommand,
      },
      pending: {
        summary: 'list certificates that wait to be confirmed',
        load: async () => (await import('./certificate-list.ts')).certificatePendingCommand,
      },
      confirm: {
        summary: 'take a certificate that waits into use',
        load: async () => (await import('./certificate-confirm.ts')).certificateConfirmCommand,
      },
      check: {
        summary: 'validate the path from a certificate to a trust anchor',
        load: async () => (await import('./certificate-check.ts')).certificateCheckCommand,
      },
    },
  },
  trust: {
    summary: 'see and change whom the site trusts',
    commands: {
      list: {
        summary: 'list the accepted anchors',
        load: async () => (await import('./trust.ts')).trustListCommand,
      },
      add: {
        summary: 'accept anchors',
        load: async () => (await import('./trust.ts')).trustAddCommand,
      },
      remove: {
        summary: 'accept an anchor no more',
        load: async () => (await import('./trust.ts')).trustRemoveCommand,
      },
      bundle: {
        summary: 'write the public roots of this machine as a file',
        load: async () => (await import('./trust.ts')).trustBundleCommand,
      },
    },
  },
  crl: {
    summary: 'fetch and list revocation lists',
    commands: {
      update: {
        summary: 'fetch the revocation lists of trusted certificates',
        load: async () => (await import('./crl.ts')).crlUpdateCommand,
      },
      list: {
        summary: 'list the revocation lists at hand',
        load: async () => (await import('./crl.ts')).crlListCommand,
      },
    },
  },
  smime: {
    summary: 'inspect, open, seal and sign messages',
    commands: {
      inspect: {
        summary: 'say what a message is and what its signatures are worth',
        load: async () => (await import('./smime-inspect.ts')).smimeInspectCommand,
      },
      open: {
        summary: 'write the innermost entity, decrypted',
        load: async () => (await import('./smime-open.ts')).smimeOpenCommand,
      },
      seal: {
        summary: 'encrypt a message',
        load: async () => (await import('./smime-seal.ts')).smimeSealCommand,
      },
      sign: {
        summary: 'sign a message',
        load: async () => (await import('./smime-sign.ts')).smimeSignCommand,
      },
    },
  },
  scenario: {
    summary: 'check scenario files, explain decisions',
    commands: {
      check: {
        summary: 'say where scenario files are faulty',
        load: async () => (await import('./scenario-check.ts')).scenarioCheckCommand,
      },
      explain: {
        summary: 'say which rule decides',
        load: async () => (await import('./scenario-explain.ts')).scenarioExplainCommand,
      },
    },
  },
  request: {
    summary: 'carry out any request, as the operator or as a person',
    load: async () => (await import('./request.ts')).requestCommand,
  },
  spool: {
    summary: 'see and settle everything that waits',
    commands: {
      list: {
        summary: 'list what waits, with the reason',
        load: async () => (await import('./spool.ts')).spoolListCommand,
      },
      show: {
        summary: 'show one thing that waits, or write a held post encrypted for a reader',
        load: async () => (await import('./spool.ts')).spoolShowCommand,
      },
      retry: {
        summary: 'try again now',
        load: async () => (await import('./spool.ts')).spoolRetryCommand,
      },
      release: {
        summary: 'let a held post go out, have a request done',
        load: async () => (await import('./spool.ts')).spoolReleaseCommand,
      },
      drop: {
        summary: 'drop something that waits',
        load: async () => (await import('./spool.ts')).spoolDropCommand,
      },
    },
  },
  task: {
    summary: 'see the tasks, run one now, drop one',
    commands: {
      list: {
        summary: 'list the tasks, where each goes on and when',
        load: async () => (await import('./task-list.ts')).taskListCommand,
      },
      run: {
        summary: 'run a task model now',
        load: async () => (await import('./task-run.ts')).taskRunCommand,
      },
      drop: {
        summary: 'drop a task that another task made',
        load: async () => (await import('./task-drop.ts')).taskDropCommand,
      },
    },
  },
  doctor: {
    summary: 'check configuration, keys, trust, database, mail route and DNS',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
};
