// The demo runs in a process of its own. The operator's PGHOST, PGOPTIONS and the like must not lead it astray.
for (const name of Object.keys(process.env)) if (name.startsWith("PG")) delete process.env[name];
require("../register-typescript");
require("./serve.ts");
