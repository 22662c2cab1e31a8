declare namespace Cloudflare {
  interface Env {
    MIGRATIONS: import("cloudflare:test").D1Migration[];
    /** How much the tests of faults do; set by variables of the same names. */
    SOAK_CALLBACKS: string;
    SOAK_SEED: string;
    FUZZ_BODIES: string;
    MODEL_RUNS: string;
    MODEL_MINUTES: string;
    MODEL_SEED: string;
    MODEL_PATH: string;
    MODEL_SHRINKS: string;
    MODEL_KNOWN: string;
  }
}
