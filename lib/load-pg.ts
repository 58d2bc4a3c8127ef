/**
 * Loads PostgreSQL's client, and is to be imported before it. As it is loaded, pg asks where it runs: it takes
 * `navigator` for the answer, and where there is none, as in Node 20, it makes a `Response`, for which Node loads all
 * of fetch, half of what pg costs. So there is a `navigator`, as in later Nodes, for as long as pg looks.
 */
if (!("navigator" in globalThis)) {
  const value = { userAgent: `Node.js/${process.versions.node.split(".")[0]}` };
  Object.defineProperty(globalThis, "navigator", { value, configurable: true });
  try {
    require("pg");
  } finally {
    delete (globalThis as { navigator?: unknown }).navigator;
  }
}
