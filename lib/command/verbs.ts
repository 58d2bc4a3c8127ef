import type { Verb } from "./args";

/**
 * Every verb, in the order in which the overview lists them. Each is loaded when it is called: a command line should
 * answer at once.
 */
export const verbs: Record<string, { says: string; load: () => Promise<Verb> }> = {
  run: {
    says: "execute the notebooks, and write a results document",
    load: async () => (await import("./run")).run,
  },
  drift: {
    says: "compare the two schemas alone, and explain each difference",
    load: async () => (await import("./drift")).drift,
  },
  migrations: {
    says: "say of each revision what each side records of it, and what is there",
    load: async () => (await import("./migrations")).migrations,
  },
  plan: {
    says: "say what to do on each side, in which order, and rehearse it in scratch databases",
    load: async () => (await import("./plan")).plan,
  },
  rows: {
    says: "compare one table row by row, and name what differs",
    load: async () => (await import("./rows")).rows,
  },
  diff: {
    says: "say what changed from one results folder to a later one",
    load: async () => (await import("./diff")).diff,
  },
  query: {
    says: "ask one read of production, of local, or of both",
    load: async () => (await import("./query")).query,
  },
  check: {
    says: "say whether a statement would be let through; runs nothing",
    load: async () => (await import("./check")).check,
  },
  pdf: { says: "print the document of a results folder", load: async () => (await import("./pdf")).pdf },
  doctor: {
    says: "say what is missing on this machine, and what mends it",
    load: async () => (await import("./doctor")).doctor,
  },
  lab: {
    says: "open the notebooks in JupyterLab or Jupyter Notebook",
    load: async () => (await import("./lab")).lab,
  },
  clean: {
    says: "take saved outputs out of the project's notebooks",
    load: async () => (await import("./clean")).clean,
  },
  completion: {
    says: "print what lets bash, zsh or fish complete these verbs and their flags",
    load: async () => (await import("./completion")).completion,
  },
};
