import { sideFlags, type Usage } from "../args";

export const usage = {
  options: { ...sideFlags, register: { type: "boolean" } },
  leavesRest: true,
  graceSeconds: 600,
  help: `runbook lab             registers the TypeScript kernel, and opens copies of the notebooks in JupyterLab or Jupyter Notebook

  --register              register the kernel and make the copies only: all that VS Code needs
  --production, --local, --migrations
  -- WORDS                what is left to Jupyter: npx runbook lab -- --no-browser --port=8889

  The copies are in notebooks/mine, which git ignores: run and save them as you like, and put notebooks of your own beside them. A copy that you edit stays
  yours; one that you only ran follows the project's notebook.
  The kernel's file names this project's Node and tslab; it needs no Python. Jupyter itself does:
  pip install jupyterlab, or your system's jupyter-notebook.
`,
} as const satisfies Usage;
