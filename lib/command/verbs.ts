import { defineVerb, type Verb } from "./args";

/**
 * Every verb, in the order in which the overview lists them. How it is called and what it does are loaded when they
 * are needed: a command line should answer at once.
 */
export const verbs: Record<string, Verb> = {
  run: defineVerb(
    "execute the notebooks, and write a results document",
    () => import("./usage/run"),
    () => import("./run"),
  ),
  drift: defineVerb(
    "compare the two schemas alone, and explain each difference",
    () => import("./usage/drift"),
    () => import("./drift"),
  ),
  migrations: defineVerb(
    "say of each revision what each side records of it, and what is there",
    () => import("./usage/migrations"),
    () => import("./migrations"),
  ),
  plan: defineVerb(
    "say what to do on each side, in which order, and rehearse it in scratch databases",
    () => import("./usage/plan"),
    () => import("./plan"),
  ),
  rows: defineVerb(
    "compare one table row by row, and name what differs",
    () => import("./usage/rows"),
    () => import("./rows"),
  ),
  diff: defineVerb(
    "say what changed from one results folder to a later one",
    () => import("./usage/diff"),
    () => import("./diff"),
  ),
  query: defineVerb(
    "ask one read of production, of local, or of both",
    () => import("./usage/query"),
    () => import("./query"),
  ),
  check: defineVerb(
    "say whether a statement would be let through; runs nothing",
    () => import("./usage/check"),
    () => import("./check"),
  ),
  pdf: defineVerb(
    "print the document of a results folder",
    () => import("./usage/pdf"),
    () => import("./pdf"),
  ),
  doctor: defineVerb(
    "say what is missing on this machine, and what mends it",
    () => import("./usage/doctor"),
    () => import("./doctor"),
  ),
  lab: defineVerb(
    "open the notebooks in JupyterLab or Jupyter Notebook",
    () => import("./usage/lab"),
    () => import("./lab"),
  ),
  clean: defineVerb(
    "take saved outputs out of the project's notebooks",
    () => import("./usage/clean"),
    () => import("./clean"),
  ),
  completion: defineVerb(
    "print what lets bash, zsh or fish complete these verbs and their flags",
    () => import("./usage/completion"),
    () => import("./completion"),
  ),
};
