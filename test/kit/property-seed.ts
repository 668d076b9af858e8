import fc from 'fast-check';

/**
 * In CI the properties take the same cases for the same commit, so that it is the change that is judged and not the
 * throw of the dice; everywhere else they look for new ones, and `npm run fuzz` does so for an hour.
 */
if (process.env.CI === 'true') fc.configureGlobal({ seed: 20_261_124 });
